// html-validate: {mail: html} on stdin, {mail: [finding]} on stdout.
import { text } from "node:stream/consumers";
import { HtmlValidate } from "html-validate";

// Outlook for Windows lays mails out with Word, which knows the attributes of HTML 4 and little of CSS.
const forWord = (...names) => ({ attributes: Object.fromEntries(names.map((name) => [name, { deprecated: false }])) });
const elements = [
  "html5",
  {
    table: forWord("width", "align", "bgcolor", "cellpadding", "cellspacing", "border"),
    td: forWord("width", "height", "align", "valign", "bgcolor"),
    img: forWord("border", "align"),
  },
];

const validator = new HtmlValidate({
  root: true,
  extends: ["html-validate:recommended"],
  elements,
  rules: {
    "no-inline-style": "off", // some mail programs drop <style>: what matters has to be inline
    "no-conditional-comment": "off", // how Outlook for Windows gets its own widths and fonts
    "prefer-native-element": "off", // <article> is dropped by several programs, <div role="article"> is not
    "prefer-tbody": "off", // every parser adds it by itself, and a mail is counted in bytes
    "long-title": "off", // the title is the subject, which may be longer than a browser's tab likes
  },
});

const answers = {};
for (const [mail, html] of Object.entries(JSON.parse(await text(process.stdin)))) {
  const { results } = await validator.validateString(html);
  answers[mail] = results.flatMap(({ messages }) =>
    messages.map(({ ruleId, line, message }) => `${ruleId}, line ${line}: ${message}`),
  );
}
console.log(JSON.stringify(answers));
