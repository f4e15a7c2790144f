// postal-mime: messages in base64, one a line, on stdin; what it read of each, one a line, on stdout.
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const { default: PostalMime } = createRequire(new URL("../email/package.json", import.meta.url))("postal-mime");

for await (const line of createInterface({ input: process.stdin })) {
  const read = await PostalMime.parse(Buffer.from(line, "base64"));
  console.log(
    JSON.stringify({
      to: read.to ?? [],
      headers: Object.fromEntries(read.headers.map(({ key, value }) => [key, value])),
      text: read.text ?? "",
      html: read.html ?? "",
      attachments: read.attachments.map(({ content }) => Buffer.from(content).toString("base64")),
    }),
  );
}
