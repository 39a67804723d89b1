// Send votes to tutti's HTTP intake: TUTTI_TOKEN=… node send.mjs < votes.jsonl
// Reads one JSON object per line. Exit status 0: every message was acknowledged.
// Node.js 18 or newer, without packages.

import { randomUUID } from 'node:crypto';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';

const URL = `${process.env.TUTTI_HTTP ?? 'http://127.0.0.1:18110'}/v1/votes`;
const BATCH = 500;
const TRIES = 20;
const AGAIN = new Set([0, 408, 409, 429, 500, 502, 503, 504]);
const LONGEST_WAIT_S = 30;

/** One try: status, answer and Retry-After; status 0: there was no answer. */
async function post(body, key) {
  try {
    const response = await fetch(URL, {
      method: 'POST',
      headers: {
        Authorization: `Bearer ${process.env.TUTTI_TOKEN}`,
        'Content-Type': 'application/x-ndjson',
        'Content-Encoding': 'gzip',
        'Idempotency-Key': key,
      },
      body,
      signal: AbortSignal.timeout(60_000),
    });
    const text = await response.text();
    const isJson = (response.headers.get('Content-Type') ?? '').includes('json');
    return {
      status: response.status,
      answer: isJson ? JSON.parse(text) : {},
      retryAfter: response.headers.get('Retry-After'),
    };
  } catch {
    return { status: 0, answer: {}, retryAfter: null };
  }
}

/** Send a batch, the same bytes under the same key, until it has an answer that stays. */
async function send(lines) {
  const body = gzipSync(`${lines.join('\n')}\n`);
  const key = randomUUID();
  for (let number = 0; number < TRIES; number += 1) {
    const { status, answer, retryAfter } = await post(body, key);
    if (!AGAIN.has(status)) return { status, answer };
    const wait = /^\d+$/.test(retryAfter ?? '') ? Number(retryAfter) : 2 ** number;
    await sleep(Math.min(wait, LONGEST_WAIT_S) * 1000);
  }
  throw new Error(`gave up after ${TRIES} tries: send these lines again later`);
}

let accepted = 0;
let rejected = 0;
let line = 0;

async function flush(lines) {
  const { status, answer } = await send(lines);
  if (status !== 200 && !answer.rejected) {
    throw new Error(`${status} ${answer.title} ${answer.cure}`);
  }
  accepted += answer.accepted ?? 0;
  for (const one of answer.rejected) {
    rejected += 1;
    console.error(`line ${line + one.line}: ${one.reason}: ${one.cure}`);
  }
  line += lines.length;
}

try {
  let lines = [];
  for await (const next of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
    lines.push(next);
    if (lines.length === BATCH) {
      await flush(lines);
      lines = [];
    }
  }
  if (lines.length) await flush(lines);
  console.log(`${accepted} accepted, ${rejected} rejected`);
  process.exitCode = rejected ? 1 : 0;
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
