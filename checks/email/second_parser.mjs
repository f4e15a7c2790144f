// postal-mime: {mail: its bytes in base64} on stdin, {mail: what it read} on stdout.
import { text } from "node:stream/consumers";
import PostalMime from "postal-mime";

const answers = {};
for (const [mail, bytes] of Object.entries(JSON.parse(await text(process.stdin)))) {
  const read = await PostalMime.parse(Buffer.from(bytes, "base64"));
  answers[mail] = {
    subject: read.subject ?? "",
    from: read.from?.address ?? "",
    to: (read.to ?? []).map(({ address }) => address).join(", "),
    text: read.text ?? "",
    html: read.html ?? "",
    attachments: read.attachments.map(({ content }) => Buffer.from(content).toString("base64")),
  };
}
console.log(JSON.stringify(answers));
