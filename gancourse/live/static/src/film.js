// A film in a canvas: `paint(view, side, index)` is called for each picture, `done()` at the end.

const FRAME = 50; // ms for each picture

export function film(canvas, paint, done) {
  let timer = 0;
  const stop = () => {
    if (timer) clearInterval(timer);
    timer = 0;
    delete canvas.dataset.film;
  };
  const play = (view, count, side) => {
    stop();
    let index = 0;
    const next = () => {
      if (index === count) {
        stop();
        return done();
      }
      canvas.dataset.film = index;
      paint(view, side, index++);
    };
    timer = setInterval(next, FRAME);
    next();
  };
  return { play, stop, plays: () => timer !== 0 };
}
