// One request in flight; what is asked meanwhile waits, the newest value of each key wins.

const LOST_AFTER = 2000; // ms without an answer, after which the next request may go out

// `line.send` sends a request; `also` goes with each.
export function requests(line, also = {}) {
  let serial = Date.now() % 1e9;
  let inFlight = null;
  let waiting = null;
  let timer = 0;
  let later = 0;
  const send = () => {
    if (inFlight !== null || waiting === null) return;
    inFlight = ++serial;
    line.send({ serial, values: waiting, ...also });
    waiting = null;
    timer = setTimeout(() => answered(inFlight), LOST_AFTER);
  };
  const answered = (number) => {
    if (number !== inFlight) return;
    clearTimeout(timer);
    inFlight = null;
    send();
  };
  // With `quiet` it goes out when nothing was asked for so many ms.
  const ask = (values, quiet = 0) => {
    waiting = { ...waiting, ...values };
    clearTimeout(later);
    if (quiet) later = setTimeout(send, quiet);
    else send();
  };
  // What waits goes out now: something else follows it.
  const flush = () => {
    clearTimeout(later);
    if (waiting === null) return;
    clearTimeout(timer);
    inFlight = null;
    send();
  };
  const stop = () => [timer, later].forEach(clearTimeout);
  return { ask, flush, answered, idle: () => inFlight === null && waiting === null, stop };
}
