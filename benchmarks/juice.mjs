// juice: an array of pages on stdin, the seconds that inlining them took and the bytes they came to on stdout.
import { text } from "node:stream/consumers";
import juice from "juice";

const WARMING = 20; // pages, before the clock starts: the compiler of V8 learns on them
const pages = JSON.parse(await text(process.stdin));
for (let page = 0; page < WARMING; page++) juice(pages[page % pages.length]);
const start = performance.now();
const bytes = pages.reduce((sum, page) => sum + Buffer.byteLength(juice(page)), 0);
console.log(JSON.stringify([(performance.now() - start) / 1000, bytes]));
