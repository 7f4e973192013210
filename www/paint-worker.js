// Draws on canvases, beside the page's thread where a worker may: then this is the worker, else a script of the page; in a
// widget it is part of lab.js.
// A message is [the canvas's number, what, words]: the canvas itself; or, each time, its size, how many of its pixels are one
// of the page's, and what src/ui/parts/ink.rs wrote; or nothing, when it is gone. A number without a canvas is a picture to copy.
{
  const canvases = {};

  const blank = () => (self.OffscreenCanvas ? new OffscreenCanvas(1, 1) : document.createElement("canvas"));

  const paint = ([number, given, words]) => {
    if (given instanceof Float32Array) draw((canvases[number] ??= blank().getContext("2d")), given, words.split("\n"));
    else if (given) canvases[number] = given.getContext("2d");
    else delete canvases[number];
  };

  const draw = (to, given, words) => {
    let at = 0;
    const next = () => given[at++];
    const word = () => words[next()];
    const pen = () => {
      to.strokeStyle = word();
      to.lineWidth = next();
    };
    const { canvas } = to;
    const [width, height, pixels] = [next(), next(), next()];
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
    const plain = () => to.setTransform(pixels, 0, 0, pixels, 0, 0);
    plain();
    const deeds = [
      () => to.clearRect(0, 0, width, height),
      () => to.beginPath(),
      () => to.moveTo(next(), next()),
      () => to.lineTo(next(), next()),
      () => to.closePath(),
      () => {
        const [x, y, r] = [next(), next(), next()];
        to.moveTo(x + r, y);
        to.arc(x, y, r, 0, 7);
      },
      () => to.roundRect(next(), next(), next(), next(), next()),
      () => {
        to.fillStyle = word();
        to.fill();
      },
      () => {
        pen();
        to.stroke();
      },
      () => (to.globalAlpha = next()),
      () => (to.lineCap = word()),
      pen,
      // One by one: without a graphics card a path of many lines takes several times as long.
      () => {
        to.beginPath();
        to.moveTo(next(), next());
        to.lineTo(next(), next());
        to.stroke();
      },
      () => {
        const [stroke, gap] = [next(), next()];
        to.setLineDash(stroke ? [stroke, gap] : []);
      },
      () => {
        const place = [word(), next(), next()];
        to.font = word();
        to.textAlign = word();
        to.textBaseline = word();
        pen();
        if (to.lineWidth > 1) to.strokeText(...place);
        to.fillStyle = word();
        to.fillText(...place);
      },
      () => {
        const [from, x, y, w, h] = [canvases[next()], next(), next(), next(), next()];
        to.resetTransform();
        if (from) to.drawImage(from.canvas, x, 0, w, h, y, 0, w, h);
        plain();
      },
    ];
    while (at < given.length) deeds[next()]();
  };

  if (self.document) self.replicationLabPaint ??= paint;
  else {
    // Says that it is there, and then with every fourth message that it has come so far.
    let done = 0;
    self.onmessage = ({ data }) => {
      if (++done % 4 === 0) self.postMessage(0);
      paint(data);
    };
    self.postMessage(0);
  }
}
