// The link to the kernel. Each message is acknowledged; a widget whose kernel does not answer says so.
// Until the control channel has answered, messages go over the shell, behind the cells that run. What
// still waits there when it answers is sent again over control; Python acts on it once.

import { make } from "./dom.js";

const PATIENCE = 1200; // ms without an acknowledgement: then the widget says what it knows
const BRIEF = 700; // ms of an action without a word
const QUIET = 1000; // ms after a message in which a touch asks for nothing
const TOUCHES = ["pointerdown", "keydown", "focusin"];
const RESTARTS = ["restarting", "autorestarting"];

export const SAYS = {
  restarted: "The kernel was restarted: run the first cell again, then this one.",
  dead: "The kernel is dead: restart it (menu Kernel), then run the cells again.",
  offline: "There is no connection to the kernel: waiting for it.",
  busy: "Waiting for the kernel: a cell is running.",
  restartedAlone: "The kernel was restarted. The pad goes on in the page; for the buttons run the first cell again, then this one.",
  deadAlone: "The kernel is dead. The pad goes on in the page; for the buttons restart it (menu Kernel).",
  offlineAlone: "There is no connection to the kernel. The pad goes on in the page.",
  busyAlone: "A cell is running. The pad goes on in the page; z in Python follows when the cell has ended.",
  silentAlone: "No kernel answers. The pad goes on in the page; for the buttons run this cell.",
  working: "Working on it.",
  silent: "The kernel does not answer yet: a cell may be running. If this stays, run this cell again.",
};

// What the widget says of its kernel. `gone`: this view's kernel was restarted; `late`: a message
// waits for its acknowledgement; `working`: it came, and what it asks for takes its time; `status` and `connection` are what the page knows of the kernel;
// `alone`: the widget goes on without one.
export function saying({ gone, late, working, status, connection, alone = false }) {
  const said = (name) => SAYS[alone ? `${name}Alone` : name];
  if (status === "dead") return said("dead");
  if (gone) return said("restarted");
  if (connection && connection !== "connected") return said("offline");
  if (!late) return working ? SAYS.working : "";
  return said(status === "busy" ? "busy" : "silent");
}

const madeUp = () => Math.random().toString(16).slice(2);

// A message for a comm, to go over a kernel's control channel, which it reads while a cell runs.
export function controlMessage(kernel, id, content) {
  const msg_id = [1, 2, 3].map(madeUp).join("-");
  const header = { msg_id, msg_type: "comm_msg", username: kernel.username ?? "", session: kernel.clientId ?? "",
    date: new Date().toISOString(), version: "5.2" };
  const data = { method: "custom", content };
  return { header, parent_header: {}, metadata: {}, channel: "control", buffers: [], content: { comm_id: id, data } };
}

function overControl(kernel, id) {
  if (!id || !kernel?.sendControlMessage) return null;
  return (content) => {
    try {
      kernel.sendControlMessage(controlMessage(kernel, id, content), false, true).done?.catch(() => {});
    } catch {
      // the kernel is dead or was restarted meanwhile: the link says so
    }
  };
}

// link(model, root) returns {root, send(content), stop()}: `root` is the line that says how it
// stands, `send` a message to the widget's Python half. Whoever touches the element `root` asks
// whether the kernel is there. `alone()` tells whether the widget goes on without it.
export function link(model, root, alone = () => false) {
  const line = make("p", { class: "gc-link", role: "alert", hidden: "" });
  const kernelNow = () => model.widget_manager?.kernel ?? null;
  const kernel = kernelNow();
  const control = overControl(kernel, model.get("over_control"));
  let direct = null; // the control channel, once it has answered
  let gone = false;
  let late = false;
  let wrong = "";
  const first = Date.now() % 1e9;
  const view = madeUp(); // with a message's number its name, whichever way it comes
  let count = first;
  let waiting = []; // the messages without an acknowledgement, the oldest first
  const doing = new Map(); // actions that have not ended, by number: whether it takes long
  let sentAt = -Infinity;
  let timer = 0;

  const show = () => {
    gone ||= kernelNow() !== kernel;
    const working = [...doing.values()].some(Boolean);
    const state = { gone, late, working, status: kernel?.status, connection: kernel?.connectionStatus, alone: alone() };
    const text = saying(state) || wrong;
    line.hidden = !text;
    line.dataset.calm = text === SAYS.working;
    if (line.textContent !== text) line.textContent = text;
    const lost = gone || state.status === "dead";
    root.dataset.link = lost ? (state.alone ? "alone" : "lost") : late ? "late" : "good";
    root.inert = root.dataset.link === "lost";
  };
  const knock = () => control?.({ ping: first, view }); // is the control channel there?
  const arm = () => {
    clearTimeout(timer);
    timer = setTimeout(look, PATIENCE);
  };
  const look = () => {
    late = true;
    show();
    if (gone) return;
    if (!direct) knock();
    if (kernel?.status !== "busy") send({}); // it may have been lost; a kernel at work answers later
    arm();
  };
  const takesLong = (number) => {
    if (doing.has(number)) doing.set(number, true);
    show();
  };
  // What was asked for up to this number has ended: the kernel does one thing after the other.
  const ended = (number) => [...doing.keys()].forEach((n) => n <= number && doing.delete(n));
  const send = (content) => {
    const message = { ...content, ping: ++count, view, ...(direct ? {} : { twice: true }) };
    sentAt = performance.now();
    if (content.do) {
      doing.set(message.ping, false);
      setTimeout(() => takesLong(message.ping), BRIEF);
    }
    if (!waiting.length) arm();
    if (!waiting.length || Object.keys(content).length) waiting.push(message);
    try {
      if (direct) direct(message);
      else model.send(message);
    } catch {
      gone = true;
      show();
    }
  };
  const heard = (message) => {
    if (message.wrong) wrong = message.wrong;
    if ((message.view ?? view) === view) ended(message.did ?? message.pong - 1);
    if (message.pong !== undefined && (message.view ?? view) === view) {
      if (waiting[0]?.ping <= message.pong) wrong = ""; // an answer to something new
      late = false;
      clearTimeout(timer);
      waiting = waiting.filter((m) => m.ping > message.pong);
      if (message.via === "control" && !direct) {
        direct = control;
        waiting.forEach(direct);
      }
      if (waiting.length) arm();
    }
    show();
  };
  const turned = (_, status) => {
    if (RESTARTS.includes(status)) gone = true;
    show();
  };
  const closed = () => {
    if (kernel === null) gone = true; // where nothing says that a kernel restarts, the comm does
    else send({});
  };
  const touched = () => {
    if (!waiting.length && performance.now() - sentAt > QUIET) send({});
  };
  model.on("msg:custom", heard);
  model.on("comm_live_update", closed);
  kernel?.statusChanged?.connect(turned);
  kernel?.connectionStatusChanged?.connect(show);
  for (const touch of TOUCHES) root.addEventListener(touch, touched, true);
  knock();
  const stop = () => {
    clearTimeout(timer);
    model.off("msg:custom", heard);
    model.off("comm_live_update", closed);
    kernel?.statusChanged?.disconnect(turned);
    kernel?.connectionStatusChanged?.disconnect(show);
  };
  return { root: line, send, stop };
}
