// The reference library of Standard Webhooks judges callbacks as the binary sent them: genuine ones verify, and nothing else
// does. DELIVERIES names a file: [{"headers": {...}, "body": "base64"}, ...]; SECRET is the tenant's, OTHER_SECRET another's.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { Webhook, WebhookVerificationError } from "standardwebhooks";

const { DELIVERIES, SECRET, OTHER_SECRET } = process.env;
const deliveries = JSON.parse(readFileSync(DELIVERIES, "utf8")).map(({ headers, body }) => ({
  headers,
  body: Buffer.from(body, "base64"),
}));
const webhook = new Webhook(SECRET);

// The body is a form, not JSON.
const verify = (by, body, headers) => by.verify(body, headers, { jsonParse: false });
const refused = (by, body, headers) =>
  assert.throws(() => verify(by, body, headers), WebhookVerificationError);

test("there are deliveries to judge", () => assert.ok(deliveries.length >= 3));

test("every delivery verifies, and its body is the documented form", () => {
  for (const { body, headers } of deliveries) {
    verify(webhook, body, headers);
    const names = [...new URLSearchParams(body.toString()).keys()];
    assert.deepEqual(names, ["ctl_userdata", "resultCode", "errorString"]);
  }
});

test("a body with one byte changed, anywhere, is refused", () => {
  for (const { body, headers } of deliveries) {
    for (let at = 0; at < body.length; at += 1) {
      const changed = Buffer.from(body);
      changed[at] ^= 1;
      refused(webhook, changed, headers);
    }
    refused(webhook, body.subarray(0, -1), headers);
    refused(webhook, Buffer.concat([body, Buffer.from("&")]), headers);
  }
});

test("another id is refused", () => {
  for (const { body, headers } of deliveries) {
    refused(webhook, body, { ...headers, "webhook-id": `${headers["webhook-id"]}_2` });
  }
});

test("another moment is refused, though it is a recent one", () => {
  for (const { body, headers } of deliveries) {
    const later = String(Number(headers["webhook-timestamp"]) + 1);
    refused(webhook, body, { ...headers, "webhook-timestamp": later });
  }
});

test("another secret is refused", () => {
  for (const { body, headers } of deliveries) {
    refused(new Webhook(OTHER_SECRET), body, headers);
  }
});

test("a recording is refused when it is played six minutes later", (t) => {
  const now = Date.now();
  t.mock.method(Date, "now", () => now + 6 * 60 * 1000);
  for (const { body, headers } of deliveries) {
    refused(webhook, body, headers);
  }
});

test("a delivery without its signature is refused", () => {
  for (const { body, headers } of deliveries) {
    const { "webhook-signature": _, ...unsigned } = headers;
    refused(webhook, body, unsigned);
  }
});
