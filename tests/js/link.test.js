import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { SAYS, controlMessage, link, saying } from "../../gancourse/live/static/src/link.js";

const GOOD = { gone: false, late: false, status: "idle", connection: "connected" };

test("a good link says nothing", () => {
  assert.equal(saying(GOOD), "");
  assert.equal(saying({ ...GOOD, status: "busy" }), "");
  assert.equal(saying({ gone: false, late: false }), ""); // a front-end that tells nothing
});

test("each way to be silent has its own sentence", () => {
  assert.equal(saying({ ...GOOD, gone: true }), SAYS.restarted);
  assert.equal(saying({ ...GOOD, gone: true, status: "dead" }), SAYS.dead);
  assert.equal(saying({ ...GOOD, connection: "connecting" }), SAYS.offline);
  assert.equal(saying({ ...GOOD, late: true, status: "busy" }), SAYS.busy);
  assert.equal(saying({ ...GOOD, late: true }), SAYS.silent);
  assert.equal(saying({ ...GOOD, working: true }), SAYS.working);
  assert.equal(saying({ ...GOOD, working: true, late: true }), SAYS.silent);
  assert.equal(new Set(Object.values(SAYS)).size, 11);
});

test("a widget that goes on without a kernel says so, and nothing while the link is good", () => {
  const alone = { ...GOOD, alone: true };
  assert.equal(saying(alone), "");
  assert.equal(saying({ ...alone, gone: true }), SAYS.restartedAlone);
  assert.equal(saying({ ...alone, status: "dead" }), SAYS.deadAlone);
  assert.equal(saying({ ...alone, late: true, status: "busy" }), SAYS.busyAlone);
  assert.equal(saying({ ...alone, late: true }), SAYS.silentAlone);
});

test("a control message names the comm, and no two are alike", () => {
  const [a, b] = [1, 2].map(() => controlMessage({ clientId: "me" }, "line", { ping: 3 }));
  assert.deepEqual(a.content, { comm_id: "line", data: { method: "custom", content: { ping: 3 } } });
  assert.deepEqual([a.channel, a.header.msg_type, a.header.session], ["control", "comm_msg", "me"]);
  assert.notEqual(a.header.msg_id, b.header.msg_id);
});

// A signal of the page, a kernel, a model, an element: as much as the link looks at.
function signal() {
  const slots = [];
  return { connect: (f) => slots.push(f), disconnect: () => {}, emit: (v) => slots.forEach((f) => f(null, v)) };
}

function element(more = {}) {
  const heard = {};
  return { dataset: {}, setAttribute() {}, append() {}, addEventListener: (k, f) => (heard[k] = f),
    touch: (k = "pointerdown") => heard[k](), ...more };
}

function world({ control = true } = {}) {
  const sent = [];
  const kernel = { status: "idle", connectionStatus: "connected", statusChanged: signal(), connectionStatusChanged: signal() };
  if (control) kernel.sendControlMessage = (m) => { sent.push({ ...m.content.data.content, over: "control" }); return {}; };
  const on = {};
  const model = { get: () => "line", widget_manager: { kernel }, on: (k, f) => (on[k] = f), off() {},
    send: (m) => sent.push({ ...m, over: "shell" }) };
  const root = element();
  const line = link(model, root);
  const pong = (via = "shell", n = sent.at(-1).ping) => on["msg:custom"]({ pong: n, via });
  const turn = (status) => { kernel.status = status; kernel.statusChanged.emit(status); };
  return { sent, kernel, model, on, root, line, pong, turn };
}

beforeEach(() => {
  globalThis.document = { createElement: () => element() };
});

test("a restart is said at once, and the widget takes no more", () => {
  for (const status of ["restarting", "autorestarting"]) {
    const { line, root, turn } = world();
    turn(status);
    turn("idle");
    assert.equal(line.root.textContent, SAYS.restarted);
    assert.deepEqual([line.root.hidden, root.inert, root.dataset.link], [false, true, "lost"]);
    line.stop();
  }
});

test("another kernel in its place is a restart too", () => {
  const { line, model, on } = world();
  model.widget_manager.kernel = { status: "idle" };
  on["msg:custom"]({ pong: 0 });
  assert.equal(line.root.textContent, SAYS.restarted);
  line.stop();
});

test("without an answer it says so in less than two seconds, and takes it back with the answer", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { line, root, kernel, pong } = world({ control: false });
  kernel.status = "busy";
  line.send({ values: {} });
  t.mock.timers.tick(1100);
  assert.equal(line.root.textContent ?? "", "");
  t.mock.timers.tick(200);
  assert.equal(line.root.textContent, SAYS.busy);
  assert.equal(root.inert, false);
  pong();
  assert.deepEqual([line.root.textContent, line.root.hidden], ["", true]);
  line.stop();
});

test("an idle kernel that does not answer is asked again; a busy one is waited for", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  for (const [status, times] of [["idle", 4], ["busy", 1]]) {
    const { line, sent, kernel } = world({ control: false });
    kernel.status = status;
    line.send({ do: "run" });
    for (let i = 0; i < 3; i++) t.mock.timers.tick(1200);
    assert.equal(sent.length, times);
    line.stop();
  }
});

test("an action that takes long is said to be at work, until it has ended", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { line, root, on, sent, pong } = world({ control: false });
  line.send({ do: "map" });
  pong();
  t.mock.timers.tick(600);
  assert.equal(line.root.textContent ?? "", "");
  t.mock.timers.tick(200);
  assert.deepEqual([line.root.textContent, root.dataset.link], [SAYS.working, "good"]);
  on["msg:custom"]({ did: sent[0].ping, view: "another" });
  assert.equal(line.root.textContent, SAYS.working);
  on["msg:custom"]({ did: sent[0].ping, view: sent[0].view });
  assert.deepEqual([line.root.textContent, line.root.hidden], ["", true]);
  line.stop();
});

test("a short action, a move, and one before which a later one was taken up are no work", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { line, on, sent, pong } = world({ control: false });
  line.send({ do: "pin" });
  pong();
  on["msg:custom"]({ did: sent[0].ping });
  line.send({ values: { u: 1 } });
  pong();
  line.send({ do: "lost" });
  line.send({ values: { u: 2 } });
  pong();
  t.mock.timers.tick(800);
  assert.equal(line.root.textContent ?? "", "");
  line.stop();
});

test("an answer to an older message leaves the newer one waited for", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { line, sent, pong } = world({ control: false });
  line.send({ a: 1 });
  line.send({ b: 1 });
  pong("shell", sent[0].ping);
  t.mock.timers.tick(1300);
  assert.equal(line.root.textContent, SAYS.silent);
  line.stop();
});

test("a touch asks whether the kernel is there, once in a while", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { line, sent, root } = world({ control: false });
  root.touch();
  root.touch("keydown");
  assert.equal(sent.length, 1);
  t.mock.timers.tick(1300);
  assert.equal(line.root.textContent, SAYS.silent);
  line.stop();
});

test("the control channel is taken once it has answered, and not before", () => {
  const { line, sent, pong } = world();
  assert.deepEqual(sent.map((m) => m.over), ["control"]); // is it there?
  line.send({ do: "run" });
  pong("control");
  line.send({ do: "pause" });
  assert.deepEqual(sent.map((m) => m.over), ["control", "shell", "control"]);
  line.stop();
});

test("what waits on the shell is sent again over control once that answers, and nothing else", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { line, on, sent, pong } = world();
  line.send({ do: "run" });
  pong("shell");
  line.send({ do: "step_D" });
  line.send({ do: "step_G" });
  pong("control", sent[0].ping);
  const does = (over) => sent.filter((m) => m.do && m.over === over);
  assert.deepEqual(does("control").map((m) => m.do), ["step_D", "step_G"]);
  assert.deepEqual(does("control").map((m) => [m.view, m.ping]), does("shell").slice(1).map((m) => [m.view, m.ping]));
  pong("control");
  on["msg:custom"]({ did: sent.at(-1).ping });
  for (const old of does("shell")) pong("shell", old.ping); // the cell has ended: nothing waits for these
  const before = sent.length;
  t.mock.timers.tick(5000);
  assert.deepEqual([line.root.textContent, sent.length], ["", before]);
  line.stop();
});

test("an answer to another view of the widget is not taken for one's own", () => {
  const { line, sent, on } = world();
  line.send({ do: "run" });
  on["msg:custom"]({ pong: 1e9, via: "control", view: "another" });
  assert.equal(sent.filter((m) => m.over === "control" && m.do).length, 0);
  on["msg:custom"]({ pong: sent[0].ping, via: "control", view: sent[0].view });
  assert.deepEqual([sent.at(-1).do, sent.at(-1).over], ["run", "control"]);
  line.stop();
});

test("what may come twice says so, and what goes over control alone does not", () => {
  const { line, sent, pong } = world();
  line.send({ do: "run" });
  pong("control");
  line.send({ do: "pause" });
  assert.deepEqual(sent.filter((m) => m.do).map((m) => [m.do, !!m.twice]), [["run", true], ["pause", false]]);
  line.stop();
});

test("a dead kernel's control channel hurts nobody", () => {
  const { line, kernel, pong } = world();
  pong("control");
  kernel.sendControlMessage = () => { throw new Error("disposed"); };
  line.send({ do: "run" });
  line.stop();
});

test("two views of one widget have different names", () => {
  const names = [1, 2].map(() => {
    const { line, sent } = world({ control: false });
    line.send({ do: "run" });
    line.stop();
    return sent[0].view;
  });
  assert.ok(names[0]);
  assert.notEqual(names[0], names[1]);
});

test("a control channel that has not answered is asked again", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { line, sent, kernel, pong } = world();
  kernel.status = "busy";
  line.send({ do: "run" });
  t.mock.timers.tick(1300);
  assert.deepEqual(sent.map((m) => m.over), ["control", "shell", "control"]);
  pong("control");
  assert.deepEqual([sent.at(-1).do, sent.at(-1).over], ["run", "control"]);
  line.stop();
});

test("what went wrong in the kernel is said until the next answer", () => {
  const { line, on, pong } = world();
  on["msg:custom"]({ wrong: "ValueError: no." });
  assert.equal(line.root.textContent, "ValueError: no.");
  line.send({});
  pong();
  assert.equal(line.root.textContent, "");
  line.stop();
});

test("where sending fails the kernel is gone", () => {
  const { line, model } = world({ control: false });
  model.send = () => { throw new Error("Cannot send"); };
  line.send({});
  assert.equal(line.root.textContent, SAYS.restarted);
  line.stop();
});
