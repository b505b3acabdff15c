import assert from "node:assert/strict";
import { test } from "node:test";

import { requests } from "../../gancourse/live/static/src/requests.js";

function asked(also) {
  const sent = [];
  return { sent, request: requests({ send: (message) => sent.push(message) }, also) };
}

test("the first request goes out at once", () => {
  const { sent, request } = asked({ brief: true });
  request.ask({ a: 1 });
  assert.deepEqual(sent.map(({ values, brief }) => [values, brief]), [[{ a: 1 }, true]]);
  assert.equal(request.idle(), false);
  request.stop();
});

test("what is asked meanwhile waits, and the newest value of each key wins", () => {
  const { sent, request } = asked();
  request.ask({ a: 1 });
  request.ask({ a: 2 });
  request.ask({ b: 5 });
  request.ask({ a: 3 });
  assert.equal(sent.length, 1);
  request.answered(sent[0].serial);
  assert.deepEqual(sent[1].values, { a: 3, b: 5 });
  request.stop();
});

test("after the last answer it is idle", () => {
  const { sent, request } = asked();
  request.ask({ a: 1 });
  request.answered(sent[0].serial);
  assert.equal(request.idle(), true);
});

test("an answer to another request changes nothing", () => {
  const { sent, request } = asked();
  request.ask({ a: 1 });
  request.ask({ a: 2 });
  request.answered(sent[0].serial - 1);
  request.answered(undefined);
  assert.equal(sent.length, 1);
  request.stop();
});

test("serial numbers go up", () => {
  const { sent, request } = asked();
  request.ask({ a: 1 });
  request.answered(sent[0].serial);
  request.ask({ a: 2 });
  assert.ok(sent[1].serial > sent[0].serial);
  request.stop();
});

test("a lost answer holds the next request up for two seconds only", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { sent, request } = asked();
  request.ask({ a: 1 });
  request.ask({ a: 2 });
  t.mock.timers.tick(1999);
  assert.equal(sent.length, 1);
  t.mock.timers.tick(1);
  assert.deepEqual(sent[1].values, { a: 2 });
});

test("a request made after an answer has its own two seconds", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { sent, request } = asked();
  request.ask({ a: 1 });
  t.mock.timers.tick(1500);
  request.answered(sent[0].serial);
  request.ask({ a: 2 });
  t.mock.timers.tick(1500);
  assert.equal(request.idle(), false);
});

test("stopped, it waits for nothing", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { sent, request } = asked();
  request.ask({ a: 1 });
  request.ask({ a: 2 });
  request.stop();
  t.mock.timers.tick(5000);
  assert.equal(sent.length, 1);
});

test("what the page drew itself is told when nothing followed for a while, the newest alone", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { sent, request } = asked();
  request.ask({ a: 1 }, 150);
  t.mock.timers.tick(100);
  request.ask({ a: 2 }, 150);
  t.mock.timers.tick(149);
  assert.deepEqual([sent.length, request.idle()], [0, false]);
  t.mock.timers.tick(1);
  assert.deepEqual(sent.map(({ values }) => values), [{ a: 2 }]);
  request.stop();
});

test("what waits goes out before something else follows it", () => {
  const { sent, request } = asked();
  request.ask({ a: 1 });
  request.ask({ a: 2 });
  request.flush();
  assert.deepEqual(sent.map(({ values }) => values), [{ a: 1 }, { a: 2 }]);
  request.ask({ a: 3 }, 150); // and so does what waits for quiet
  request.flush();
  assert.deepEqual(sent[2].values, { a: 3 });
  request.flush();
  assert.equal(sent.length, 3);
  request.stop();
});
