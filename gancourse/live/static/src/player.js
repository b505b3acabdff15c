// What the two training widgets share: buttons, tabs, sliders on a logarithmic scale, the frames.
//
// player(stage, also) returns the module that anywidget wants; `also` goes with each request for a
// value. `stage(host)` returns {root, show(frame)}, the part that differs, and may name a `corner` for
// the numbers; host = {colourOf(role), fieldColours, change(key, value), idle()}.

const RESTING = ["ready", "finished", "failed", "stopped"];
const NEXT = { running: "Pause", paused: "Resume", stopped: "Resume", finished: "Go on", failed: "Try again" };

function pushButton(action, label, press) {
  const node = make("button", { type: "button", class: "gc-button", "data-do": action }, label);
  keepKeys(node);
  node.addEventListener("click", () => node.getAttribute("aria-disabled") === "true" || press(action));
  return node;
}

// The steps are a twentieth of a power of ten; a number that lies between two is shown as it is.
function logSlider(key, control, changed) {
  const [min, max] = [control.low, control.high].map(Math.log10);
  const input = make("input", { type: "range", min, max, step: 0.05, "aria-label": control.label, "data-key": key });
  const output = make("output");
  const show = (value) => {
    input.value = Math.log10(value);
    output.textContent = Number(Number(value).toPrecision(3));
    input.setAttribute("aria-valuetext", output.textContent);
  };
  keepKeys(input);
  input.addEventListener("input", () => {
    const value = Number((10 ** input.value).toPrecision(2));
    output.textContent = value;
    input.setAttribute("aria-valuetext", value);
    changed(key, value);
  });
  return { root: make("label", {}, make("span", {}, control.label), output, input), show };
}

function switchBox(key, control, changed) {
  const input = make("input", { type: "checkbox", "data-key": key });
  keepKeys(input);
  input.addEventListener("input", () => changed(key, input.checked));
  return { root: make("label", { class: "gc-switch" }, input, control.label), show: (on) => (input.checked = on) };
}

function anyControl(key, control, changed) {
  if (control.kind === "log") return logSlider(key, control, changed);
  if (control.kind === "switch") return switchBox(key, control, changed);
  const panel = controlPanel([control], changed);
  return { root: panel.root.firstChild, show: (value) => panel.show({ [key]: value }) };
}

// Tabs as the ARIA pattern has them: one is in the tab order, arrow keys choose another.
function tabRow(titles, pages) {
  const own = Math.random().toString(36).slice(2);
  const list = make("div", { role: "tablist", class: "gc-tabs" });
  const heads = titles.map((title, i) =>
    make("button", { type: "button", role: "tab", id: `gc-${own}-${i}`, "aria-controls": `gc-${own}-page-${i}` }, title));
  const choose = (chosen) => heads.forEach((head, i) => {
    head.setAttribute("aria-selected", i === chosen);
    head.tabIndex = i === chosen ? 0 : -1;
    pages[i].hidden = i !== chosen;
  });
  const moves = { ArrowRight: 1, ArrowLeft: -1, Home: -Infinity, End: Infinity };
  heads.forEach((head, i) => {
    pages[i].setAttribute("role", "tabpanel");
    pages[i].setAttribute("id", `gc-${own}-page-${i}`);
    pages[i].setAttribute("aria-labelledby", head.id);
    keepKeys(head);
    head.addEventListener("click", () => choose(i));
    head.addEventListener("keydown", (event) => {
      if (!(event.key in moves)) return;
      event.preventDefault();
      const to = Math.min(heads.length - 1, Math.max(0, i + moves[event.key]));
      choose(to);
      heads[to].focus();
    });
  });
  list.append(...heads);
  choose(0);
  return make("div", {}, list, ...pages);
}

// Curves side by side; each is read out with the last number of each line.
function curveRow(host) {
  const root = make("div", { class: "gc-panels" });
  const views = [];
  const show = (panels) => panels.forEach((panel, i) => {
    if (!views[i]) root.append((views[i] = panelView(host)).root);
    const last = panel.marks.filter((m) => m.label && m.kind === "line" && m.y.length)
      .map((m) => `${m.label} ${m.y[m.y.length - 1].toPrecision(3)}`);
    views[i].show(panel, [], [panel.title, ...last].join(", "));
  });
  return { root, show };
}

function player(stage, also) {
  const render = ({ model, el }) => {
    const parts = model.get("parts");
    const root = make("div", { class: "gc-live gc-train", role: "group", "aria-label": model.get("title") });
    const bar = make("progress", { max: 1, "aria-label": "How far the run is" });
    const numbers = make("div", { class: "gc-numbers" });
    const text = make("p", { class: "gc-text", role: "status" });
    const request = requests(model, also);
    let frame = model.get("frame");

    const press = (action) => {
      const wanted = action === "run" && frame.status === "running" ? "pause" : action;
      model.send({ do: wanted });
    };
    const shows = {};
    const change = (key, value) => request.ask({ [key]: value });
    const host = {
      colourOf: (role) => (role ? model.get("colours")[role] : "var(--gc-ink)"),
      fieldColours: model.get("field_colours"),
      idle: request.idle,
      change,
    };
    const scene = stage(host);
    const buttons = parts.row.map(([action, label]) => pushButton(action, label, press));
    const pages = parts.tabs.map((tab) => {
      const made = Object.entries(tab.controls).map(([key, c]) => [key, anyControl(key, c, change)]);
      made.forEach(([key, control]) => (shows[key] = control.show));
      const own = tab.buttons.map(([action, label]) => pushButton(action, label, press));
      buttons.push(...own);
      const fields = make("div", { class: "gc-controls" }, ...made.map(([, control]) => control.root));
      return make("div", { class: "gc-page" }, ...(own.length ? [make("div", { class: "gc-run" }, ...own)] : []), fields);
    });
    const first = parts.row[0][1];

    const mark = () => {
      root.dataset.status = frame.status;
      for (const button of buttons) {
        const needsRun = button.dataset.do === "stop" && RESTING.includes(frame.status);
        button.setAttribute("aria-disabled", frame.waiting || needsRun);
        if (button.dataset.do === "run") button.textContent = NEXT[frame.status] ?? first;
      }
    };
    const show = () => {
      frame = model.get("frame");
      request.answered(frame.serial);
      scene.show(unpack(frame));
      numbers.replaceChildren(...frame.numbers.map(([k, v]) => make("div", {}, make("span", {}, k), make("b", {}, v))));
      bar.value = frame.progress ?? 0;
      bar.hidden = frame.progress === undefined;
      mark();
      if (text.textContent !== frame.text) text.textContent = frame.text;
      if (request.idle()) Object.entries(frame.values).forEach(([key, value]) => shows[key]?.(value));
      root.dataset.idle = request.idle();
    };
    model.on("change:frame", show);
    show();
    const row = make("div", { class: "gc-run" }, ...buttons.slice(0, parts.row.length));
    (scene.corner ?? root).append(bar, numbers);
    root.prepend(scene.root);
    root.append(row, tabRow(parts.tabs.map((tab) => tab.title), pages), text);
    el.append(root);
    return () => {
      request.stop();
      scene.stop?.();
      model.off("change:frame", show);
    };
  };
  return { render };
}
