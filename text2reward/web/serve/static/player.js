"use strict";
/* Several films on one clock: they show the same frame, whether they play, stand or are scrubbed. */
class Player {
  static palette = ["#2f6fde", "#d97706", "#16935a", "#b5379c", "#7a5af5", "#0f8b8d", "#c2410c", "#64748b"];

  /* root: an empty element; labels: what the films are called. */
  constructor(root, labels) {
    this.root = root;
    this.labels = labels;
    this.films = [];
    this.frame = 0;
    this.frames = 1;
    this.fps = 10;
    this.playing = false;
    this.loading = 0;
    this.build();
    requestAnimationFrame(() => this.tick());
    window.addEventListener("resize", () => this.films.forEach((film) => this.draw(film)));
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.films.forEach((film) => this.draw(film)));
  }

  build() {
    const { build } = page;
    this.stage = build("div", "stage");
    const controls = build("div", "controls");
    const button = (text, label, act) => {
      const made = build("button", "", text);
      made.type = "button";
      made.setAttribute("aria-label", label);
      made.addEventListener("click", act);
      controls.appendChild(made);
      return made;
    };
    button("‹", "One frame back", () => this.step(-1));
    this.button = button("Play", "Play", () => this.toggle());
    this.button.className = "play";
    button("›", "One frame on", () => this.step(1));
    this.slider = build("input");
    this.slider.type = "range";
    this.slider.min = 0;
    this.slider.step = 1;
    this.slider.setAttribute("aria-label", "Frame");
    this.slider.addEventListener("input", () => this.seek(Number(this.slider.value)));
    this.clock = build("span", "clock");
    const speed = build("select", "speed");
    speed.setAttribute("aria-label", "Speed");
    for (const [value, text] of [[0.25, "¼×"], [0.5, "½×"], [1, "1×"], [2, "2×"], [4, "4×"]]) {
      const option = build("option", "", text);
      option.value = value;
      option.selected = value === 1;
      speed.appendChild(option);
    }
    speed.addEventListener("change", () => {
      this.rate = Number(speed.value);
      this.anchor();
    });
    this.rate = 1;
    controls.append(this.slider, this.clock, speed);
    this.controls = controls;
    this.root.replaceChildren(this.stage, controls);
    controls.hidden = true;
  }

  /* places: [{video, strip}]; resolves to an error in words, or to "". */
  async load(places) {
    const mine = ++this.loading;
    this.pause();
    this.films.forEach((film) => { film.video.removeAttribute("src"); film.video.load(); });
    let films;
    try {
      films = await Promise.all(places.map((place, i) => this.film(place, i)));
    } catch (error) {
      return mine === this.loading ? String(error.message || error) : "";
    }
    if (mine !== this.loading) return "";
    this.films = films;
    this.fps = films[0].strip.fps;
    this.frames = Math.max(...films.map((film) => film.strip.frames));
    this.slider.max = this.frames - 1;
    this.stage.dataset.count = films.length;
    this.stage.replaceChildren(...films.map((film) => film.figure));
    this.controls.hidden = false;
    films.forEach((film) => this.draw(film));
    this.show(0);
    this.play();
    return "";
  }

  async film(place, i) {
    const { build } = page;
    const answer = await fetch(place.strip);
    if (!answer.ok) throw new Error("This film cannot be had.");
    const strip = await answer.json();
    const video = build("video");
    Object.assign(video, { muted: true, playsInline: true, preload: "auto", src: place.video, tabIndex: -1 });
    video.setAttribute("aria-label", this.labels[i]);
    await new Promise((good, bad) => {
      video.addEventListener("loadeddata", good, { once: true });
      video.addEventListener("error", () => bad(new Error("This film cannot be shown by this browser.")), { once: true });
      /* browsers load no film in a tab that nobody sees */
      const late = () => (document.hidden ? setTimeout(late, 30000) : bad(new Error("This film takes too long to load.")));
      setTimeout(late, 30000);
    });
    const figure = build("figure");
    const canvas = build("canvas", "strip");
    canvas.setAttribute("role", "img");
    const legend = build("ul", "legend");
    const names = Object.keys(strip.terms);
    const values = names.map((name, n) => {
      const row = build("li"), swatch = build("i"), value = build("b");
      swatch.style.background = Player.palette[n % Player.palette.length];
      row.append(swatch, build("span", "", name), value);
      legend.appendChild(row);
      return value;
    });
    const solved = build("li", "solved");
    legend.prepend(solved);
    const caption = build("figcaption", "", this.labels[i]);
    figure.append(caption, video, canvas, legend);
    const film = { video, strip, figure, canvas, names, values, solved, seekTo: null };
    canvas.setAttribute("aria-label", this.describe(strip));
    video.addEventListener("seeked", () => film.seekTo !== null && this.place(film, film.seekTo));
    const watch = (_, seen) => {
      video.dataset.frame = Math.floor(seen.mediaTime * strip.fps + 0.01);
      video.requestVideoFrameCallback(watch);
    };
    if (video.requestVideoFrameCallback) video.requestVideoFrameCallback(watch);
    canvas.addEventListener("pointerdown", (event) => this.seek(Math.floor((event.offsetX / canvas.clientWidth) * this.frames)));
    return film;
  }

  describe(strip) {
    const first = strip.success.indexOf(true), count = strip.success.filter(Boolean).length;
    const solved = first < 0 ? "Never solved" : "Solved for the first time at " + ((first + 1) * strip.dt).toFixed(2) + " s, in " + count + " of " + strip.success.length + " steps";
    return solved + ". Terms over time: " + (Object.keys(strip.terms).join(", ") || "none") + ".";
  }

  /* The last frame a film has, or the one asked for. */
  within(film, frame) { return Math.min(frame, film.strip.frames - 1); }

  /* Puts a standing film on a frame: in its middle, so that rounding cannot show its neighbour. */
  place(film, frame) {
    const time = (this.within(film, frame) + 0.5) / film.strip.fps;
    if (film.video.seeking) { film.seekTo = frame; return; }
    film.seekTo = null;
    if (Math.abs(film.video.currentTime - time) > 0.0005) film.video.currentTime = time;
  }

  show(frame) {
    this.frame = Math.max(0, Math.min(this.frames - 1, Math.round(frame)));
    this.films.forEach((film) => this.place(film, this.frame));
    this.tell();
  }

  seek(frame) { this.pause(); this.show(frame); }
  step(by) { this.seek((this.frame + by + this.frames) % this.frames); }
  toggle() { this.playing ? this.pause() : this.play(); }

  anchor() { this.from = { frame: this.frame, at: performance.now() }; }

  play() {
    if (!this.films.length) return;
    this.playing = true;
    this.films.forEach((film) => { film.seekTo = null; });
    this.anchor();
    this.say();
  }

  pause() {
    const was = this.playing;
    this.playing = false;
    this.films.forEach((film) => film.video.pause());
    if (was) this.show(this.frame);
    this.say();
  }

  say() {
    this.button.textContent = this.playing ? "Pause" : "Play";
    this.button.setAttribute("aria-label", this.playing ? "Pause" : "Play");
  }

  tick() {
    requestAnimationFrame(() => this.tick());
    if (!this.playing) return;
    const waiting = this.films.some((film) => film.video.seeking || film.video.readyState < 2);
    if (waiting) return this.hold();
    const now = performance.now();
    const exact = this.from.frame + ((now - this.from.at) / 1000) * this.fps * this.rate;
    if (exact >= this.frames + this.fps * 0.4) return this.again();
    const frame = Math.min(this.frames - 1, Math.floor(exact));
    this.films.forEach((film) => this.follow(film, exact));
    if (frame !== this.frame) { this.frame = frame; this.tell(); }
  }

  /* All wait for the one that loads or seeks; the clock stands meanwhile. */
  hold() {
    this.films.forEach((film) => film.video.pause());
    this.anchor();
  }

  again() {
    this.films.forEach((film) => film.video.pause());
    this.show(0);
    this.anchor();
  }

  /* Lets a film run, a little faster or slower where it is not where the clock is. */
  follow(film, exact) {
    const { video, strip } = film, last = strip.frames - 1;
    if (exact >= last || video.ended) {
      video.pause();
      return this.place(film, last);
    }
    const off = video.currentTime * strip.fps - exact;
    if (Math.abs(off) > 4) { video.currentTime = Math.max(0, exact / strip.fps); return; }
    video.playbackRate = this.rate * (1 - Math.max(-0.3, Math.min(0.3, 0.15 * off)));
    if (video.paused) video.play().catch(() => {});
  }

  tell() {
    this.root.dataset.frame = this.frame;
    this.slider.value = this.frame;
    const text = "frame " + (this.frame + 1) + " of " + this.frames;
    this.slider.setAttribute("aria-valuetext", text);
    this.clock.textContent = (this.frame + 1) + " / " + this.frames;
    this.films.forEach((film) => this.cursor(film));
  }

  /* The strip: lines of the terms, and a bar where the task is solved. */
  draw(film) {
    const { canvas, strip } = film, scale = devicePixelRatio || 1;
    const width = canvas.clientWidth, height = canvas.clientHeight;
    if (!width) return;
    canvas.width = width * scale;
    canvas.height = height * scale;
    const pen = canvas.getContext("2d");
    const style = getComputedStyle(document.documentElement);
    const colour = (name) => style.getPropertyValue(name).trim();
    pen.scale(scale, scale);
    const bar = 8, top = 4, room = height - bar - 8;
    const steps = strip.success.length, wide = (width * (strip.frames / this.frames)) / Math.max(1, steps);
    pen.fillStyle = colour("--line");
    pen.fillRect(0, height - bar, wide * steps, bar);
    pen.fillStyle = colour("--good");
    strip.success.forEach((yes, i) => yes && pen.fillRect(i * wide, height - bar, wide + 0.5, bar));
    const all = Object.values(strip.terms).flat().filter(Number.isFinite);
    const low = Math.min(0, ...all), high = Math.max(0, ...all), span = high - low || 1;
    const y = (value) => top + room * (1 - (value - low) / span);
    pen.strokeStyle = colour("--line");
    pen.beginPath();
    pen.moveTo(0, y(0));
    pen.lineTo(width, y(0));
    pen.stroke();
    film.names.forEach((name, n) => {
      pen.strokeStyle = Player.palette[n % Player.palette.length];
      pen.lineWidth = 1.5;
      pen.beginPath();
      strip.terms[name].forEach((value, i) => pen[i ? "lineTo" : "moveTo"]((i + 0.5) * wide, y(value)));
      pen.stroke();
    });
    film.picture = pen.getImageData(0, 0, canvas.width, canvas.height);
    film.ink = colour("--ink");
    this.cursor(film);
  }

  cursor(film) {
    const { canvas, strip } = film, pen = canvas.getContext("2d"), scale = devicePixelRatio || 1;
    if (!film.picture) return;
    pen.putImageData(film.picture, 0, 0);
    const frame = this.within(film, this.frame);
    pen.fillStyle = film.ink;
    pen.fillRect(Math.round(((frame + 0.5) / this.frames) * canvas.clientWidth) - 1, 0, 2, canvas.height / scale);
    const step = Math.min(strip.success.length - 1, Math.floor((frame / strip.frames) * strip.success.length));
    film.names.forEach((name, n) => {
      const value = strip.terms[name][step];
      film.values[n].textContent = value == null ? "–" : Number(value.toPrecision(3)).toString();
    });
    film.solved.textContent = strip.success[step] ? "solved" : strip.success.slice(0, step).some(Boolean) ? "was solved before" : "not solved";
    film.solved.classList.toggle("yes", !!strip.success[step]);
  }
}
