// jsforce judges the stand-in org: whatever it does against a real org in these flows, it must be able to do here.
//
// The org is named by the environment: ORG_URL, CONSUMER_KEY, CLIENT_SECRET, ORG_USERNAME, PRIVATE_KEY (PEM), REDIRECT_URI.

import assert from 'node:assert/strict';
import { createSign, randomUUID } from 'node:crypto';
import { test } from 'node:test';
import jsforce from 'jsforce';

const { ORG_URL, CONSUMER_KEY, CLIENT_SECRET, ORG_USERNAME, PRIVATE_KEY, REDIRECT_URI } = process.env;
const VERSION = '67.0';
const client = { loginUrl: ORG_URL, clientId: CONSUMER_KEY, clientSecret: CLIENT_SECRET };

/** A connection by client credentials. */
async function connected(version = VERSION) {
  const connection = new jsforce.Connection({ oauth2: client, version });
  await connection.authorize({ grant_type: 'client_credentials' });
  return connection;
}

/** An assertion signed with the key whose certificate the org knows. */
function assertion(claims = {}) {
  const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const usual = { iss: CONSUMER_KEY, sub: ORG_USERNAME, aud: ORG_URL, exp: Math.floor(Date.now() / 1000) + 180 };
  const signed = `${part({ alg: 'RS256' })}.${part({ ...usual, ...claims })}`;
  return `${signed}.${createSign('RSA-SHA256').update(signed).sign(PRIVATE_KEY, 'base64url')}`;
}

/** Goes through the authorize endpoint as a browser would; the code from the address it is sent back to. */
async function authorized(oauth2, params) {
  const answer = await fetch(oauth2.getAuthorizationUrl(params), { redirect: 'manual' });
  assert.equal(answer.status, 302);
  const back = new URL(answer.headers.get('location'));
  assert.equal(`${back.origin}${back.pathname}`, REDIRECT_URI);
  return back.searchParams;
}

/** A connection by code with PKCE, which can refresh. */
async function lasting() {
  const oauth2 = new jsforce.OAuth2({ ...client, redirectUri: REDIRECT_URI, useVerifier: true });
  const back = await authorized(oauth2, { scope: 'api refresh_token', state: 'x y&z' });
  assert.equal(back.get('state'), 'x y&z');
  const connection = new jsforce.Connection({ oauth2, version: VERSION });
  await connection.authorize(back.get('code'));
  assert.ok(connection.refreshToken);
  return connection;
}

const fails = (promise, errorCode) =>
  assert.rejects(promise, (error) => {
    assert.equal(error.errorCode ?? error.name, errorCode, error.message);
    return true;
  });

test('a record is created, read, changed and deleted', async () => {
  const tasks = (await connected()).sobject('Task');
  const made = await tasks.create({ Subject: 'outbound call log (4711)', Status: 'Completed', ActivityDate: '2026-11-22' });
  assert.deepEqual([made.success, made.errors, made.id.length], [true, [], 18]);
  const task = await tasks.retrieve(made.id);
  assert.deepEqual(
    [task.Id, task.Subject, task.Status, task.IsClosed, task.ActivityDate, task.attributes.type],
    [made.id, 'outbound call log (4711)', 'Completed', true, '2026-11-22', 'Task'],
  );
  assert.equal((await tasks.update({ Id: made.id, Description: 'a\nb' })).success, true);
  assert.equal((await tasks.retrieve(made.id)).Description, 'a\nb');
  assert.equal((await tasks.destroy(made.id)).success, true);
  await fails(tasks.retrieve(made.id), 'NOT_FOUND');
});

test('an upsert by external id creates, then updates', async () => {
  const tasks = (await connected()).sobject('Task');
  const key = randomUUID();
  const first = await tasks.upsert({ Transactionid__c: key, Subject: 'a' }, 'Transactionid__c');
  const second = await tasks.upsert({ Transactionid__c: key, Subject: 'b' }, 'Transactionid__c');
  assert.deepEqual([first.success, first.created], [true, true]);
  assert.deepEqual([second.success, second.created, second.id], [true, false, first.id]);
  const found = await tasks.find({ Transactionid__c: key }, ['Id', 'Subject']);
  assert.deepEqual(found.map((task) => [task.Id, task.Subject]), [[first.id, 'b']]);
});

test('an old version answers an upsert of a known record with nothing', async () => {
  const tasks = (await connected('45.0')).sobject('Task');
  const key = randomUUID();
  assert.equal((await tasks.upsert({ Transactionid__c: key }, 'Transactionid__c')).created, true);
  assert.equal((await tasks.upsert({ Transactionid__c: key }, 'Transactionid__c')).success, true);
});

test('objects are described', async () => {
  const connection = await connected();
  const task = await connection.describe('Task');
  const field = (name) => task.fields.find((field) => field.name === name);
  assert.deepEqual([task.name, task.keyPrefix, task.createable], ['Task', '00T', true]);
  assert.deepEqual([field('Subject').type, field('Subject').length], ['combobox', 255]);
  assert.deepEqual(field('WhoId').referenceTo, ['Contact', 'Lead']);
  assert.deepEqual([field('Transactionid__c').externalId, field('Transactionid__c').unique], [true, true]);
  assert.equal(field('Status').picklistValues.find((value) => value.defaultValue).value, 'Not Started');
  const all = await connection.describeGlobal();
  assert.ok(all.sobjects.some((object) => object.name === 'Task'));
  await fails(connection.describe('Nothing__c'), 'NOT_FOUND');
});

test('queries find text with every character that is escaped', async () => {
  const connection = await connected();
  // No backslash: this client does not escape one (a real org refuses its query too); salesforce_core's tests do.
  const subject = `it's "50%" a_b ${randomUUID()}\n\t.`;
  const { id } = await connection.sobject('Task').create({ Subject: subject });
  const exact = await connection.sobject('Task').find({ Subject: subject }, 'Id');
  assert.deepEqual(exact.map((task) => task.Id), [id]);
  const like = await connection.sobject('Task').find({ Subject: { $like: "it's%" }, Id: id }, 'Id').limit(1);
  assert.deepEqual(like.map((task) => task.Id), [id]);
  const several = await connection.sobject('Task').find({ Id: { $in: [id] }, CallObject: null }, 'Id');
  assert.equal(several.length, 1);
  assert.equal((await connection.query(`SELECT COUNT() FROM Task WHERE Id = '${id}'`)).totalSize, 1);
});

test('a long answer is fetched page by page', async () => {
  const connection = await connected();
  const headers = { 'Sforce-Query-Options': 'batchSize=200' };
  const first = await connection.query('SELECT Id FROM PermissionSet', { headers });
  assert.deepEqual([first.done, first.records.length], [false, 200]);
  const rest = await connection.queryMore(first.nextRecordsUrl, { headers });
  assert.deepEqual([rest.done, first.records.length + rest.records.length], [true, first.totalSize]);
  const ids = new Set([...first.records, ...rest.records].map((record) => record.Id));
  assert.equal(ids.size, first.totalSize);
});

test('a search and what changed are answered', async () => {
  const connection = await connected();
  const word = `w${randomUUID().replaceAll('-', '')}`;
  const { id } = await connection.sobject('Account').create({ Name: word });
  const found = await connection.search(`FIND {${word}} IN NAME FIELDS RETURNING Account(Id, Name)`);
  assert.deepEqual(found.searchRecords.map((record) => [record.Id, record.Name]), [[id, word]]);
  await connection.sobject('Account').destroy(id);
  const [start, end] = [new Date(Date.now() - 3_600_000), new Date(Date.now() + 60_000)];
  const deleted = await connection.sobject('Account').deleted(start, end);
  assert.ok(deleted.deletedRecords.some((record) => record.id === id));
  assert.ok((await connection.limits()).DailyApiRequests.Max > 0);
  assert.ok(connection.limitInfo.apiUsage.used > 0);
});

test('refusals carry their code', async () => {
  const connection = await connected();
  const tasks = connection.sobject('Task');
  const key = randomUUID();
  await tasks.create({ Transactionid__c: key });
  await fails(tasks.create({ Foo__c: 'x' }), 'INVALID_FIELD');
  await fails(tasks.create({ ActivityDate: '2026/11/22' }), 'JSON_PARSER_ERROR');
  await fails(tasks.create({ Subject: 'x'.repeat(256) }), 'STRING_TOO_LONG');
  await fails(tasks.create({ WhatId: 'zzz' }), 'MALFORMED_ID');
  await fails(tasks.create({ WhoId: '0015e0000000001AAA' }), 'FIELD_INTEGRITY_EXCEPTION');
  await fails(tasks.create({ TaskSubtype: 'Dance' }), 'INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST');
  await fails(tasks.create({ IsClosed: true }), 'INVALID_FIELD_FOR_INSERT_UPDATE');
  await fails(tasks.create({ Transactionid__c: key }), 'DUPLICATE_VALUE');
  await fails(connection.sobject('Contact').create({ FirstName: 'x' }), 'REQUIRED_FIELD_MISSING');
  await fails(connection.sobject('Nothing__c').create({ Name: 'x' }), 'NOT_FOUND');
  await fails(tasks.update({ Id: '00T5e0000000zzzEAA', Subject: 'x' }), 'INVALID_CROSS_REFERENCE_KEY');
  await fails(connection.query('SELEC Id FROM Task'), 'MALFORMED_QUERY');
  await fails(connection.query("SELECT Id FROM Task WHERE Description = 'x'"), 'INVALID_FIELD');
  const stranger = new jsforce.Connection({ instanceUrl: ORG_URL, accessToken: '00Dx!nothing', version: VERSION });
  await fails(stranger.sobject('Task').create({ Subject: 'x' }), 'INVALID_SESSION_ID');
});

test('a token is given for an assertion, and for a good one alone', async () => {
  const grant = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
  const connection = new jsforce.Connection({ oauth2: client, version: VERSION });
  const user = await connection.authorize({ grant_type: grant, assertion: assertion() });
  assert.equal((await connection.identity()).username, ORG_USERNAME);
  assert.equal((await connection.identity()).user_id, user.id);
  const refused = (claims) => new jsforce.OAuth2(client).requestToken({ grant_type: grant, assertion: assertion(claims) });
  await fails(refused({ aud: 'https://example.org' }), 'invalid_grant');
  await fails(refused({ exp: 1 }), 'invalid_grant');
  await fails(refused({ sub: 'nobody@example.org' }), 'invalid_grant');
  await fails(refused({ iss: 'another' }), 'invalid_client_id');
  const [head] = assertion().split('.');
  await fails(new jsforce.OAuth2(client).requestToken({ grant_type: grant, assertion: `${head}.x.y` }), 'invalid_grant');
});

test('client credentials are checked', async () => {
  const wrong = new jsforce.OAuth2({ ...client, clientSecret: 'guess' });
  await fails(wrong.requestToken({ grant_type: 'client_credentials' }), 'invalid_client');
  const unknown = new jsforce.OAuth2({ ...client, clientId: 'guess' });
  await fails(unknown.requestToken({ grant_type: 'client_credentials' }), 'invalid_client_id');
});

test('a code works once, with its verifier and its redirect address alone', async () => {
  const oauth2 = new jsforce.OAuth2({ ...client, redirectUri: REDIRECT_URI, useVerifier: true });
  const code = (await authorized(oauth2, { scope: 'api' })).get('code');
  const token = await oauth2.requestToken(code);
  assert.deepEqual([token.token_type, token.refresh_token], ['Bearer', undefined]);
  await fails(oauth2.requestToken(code), 'invalid_grant');

  const again = (await authorized(oauth2, { scope: 'api' })).get('code');
  oauth2.codeVerifier = 'another';
  await fails(oauth2.requestToken(again), 'invalid_grant');

  const plain = new jsforce.OAuth2({ ...client, redirectUri: REDIRECT_URI });
  assert.equal((await authorized(plain, {})).get('error'), 'invalid_request');
});

test('three calls at once with a token that ended refresh it once', async () => {
  const connection = await lasting();
  await connection.oauth2.revokeToken(connection.accessToken);
  let refreshed = 0;
  connection.on('refresh', () => (refreshed += 1));
  const ended = connection.accessToken;
  const answers = await Promise.all([1, 2, 3].map(() => connection.query('SELECT Id FROM Account LIMIT 1')));
  assert.deepEqual(answers.map((answer) => answer.totalSize), [1, 1, 1]);
  assert.equal(refreshed, 1);
  assert.notEqual(connection.accessToken, ended);
});

test('a grant that was revoked gives no token any more', async () => {
  const connection = await lasting();
  const { refreshToken, accessToken } = connection;
  await connection.oauth2.revokeToken(refreshToken);
  await fails(connection.oauth2.refreshToken(refreshToken), 'invalid_grant');
  const dead = new jsforce.Connection({ instanceUrl: ORG_URL, accessToken, version: VERSION });
  await fails(dead.query('SELECT Id FROM Account'), 'INVALID_SESSION_ID');
});
