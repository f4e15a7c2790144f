// nodemailer's pool: what to send on stdin, the seconds that it took and how many were accepted on stdout.
import { text } from "node:stream/consumers";
import nodemailer from "nodemailer";

const given = JSON.parse(await text(process.stdin));
const WAITING = 2; // messages that are ready for each connection: the pool is never without work

const pool = nodemailer.createTransport({
  pool: true,
  host: "127.0.0.1",
  port: given.port,
  secure: false,
  ignoreTLS: true,
  maxConnections: given.connections,
  maxMessages: Infinity,
  ...(given.key && { dkim: { domainName: "example.org", keySelector: "rsa2048", privateKey: given.key } }),
});

function mail(number) {
  const to = `reader${number}@example.org`;
  const link = given.link + number;
  return {
    from: given.from,
    to,
    subject: given.subject,
    html: given.html.replace(given.mark, link),
    text: given.text.replace(given.mark, link),
    headers: { "List-Unsubscribe": `<${link}>`, "List-Unsubscribe-Post": "List-Unsubscribe=One-Click" },
  };
}

async function built(message) {
  const info = await nodemailer.createTransport({ streamTransport: true, buffer: true, newline: "windows" }).sendMail(message);
  return info.message;
}

const ready = given.raw && (await built(mail(0)));
const envelope = (number) => ({ from: "weekly@example.org", to: [`reader${number}@example.org`] });
const message = given.raw ? (number) => ({ envelope: envelope(number), raw: ready }) : mail;

let next = 0;
let accepted = 0;

async function work() {
  while (next < given.messages) {
    const info = await pool.sendMail(message(next++));
    accepted += info.accepted.length;
  }
}

const start = performance.now();
await Promise.all(Array.from({ length: given.connections * WAITING }, work));
const seconds = (performance.now() - start) / 1000;
pool.close();
console.log(JSON.stringify([seconds, accepted]));
