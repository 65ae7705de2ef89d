"use strict";

const $ = (id) => document.getElementById(id);
const study = JSON.parse($("study").textContent);
const STORE = `apvg-study-${study.id}`;
const INTRO = 0, END = study.sets.length + 1;  // the pages between are the sets
const CANNOT_TELL = "";

let state = load();
let since = performance.now();  // up to here the time spent on the page is counted

// --- state

function fresh() {
  const digits = Array.from({ length: 16 }, () => below(16).toString(16));
  return {
    participant: digits.join(""),
    started: null,
    page: INTRO,
    sets: shuffled(study.sets.map(shuffled)),
    answers: study.sets.map(() => ({ seconds: 0 })),  // in the order of `sets`
  };
}

function load() {
  try {
    return JSON.parse(localStorage.getItem(STORE)) ?? fresh();
  } catch {
    return fresh();
  }
}

function save() {
  try {
    localStorage.setItem(STORE, JSON.stringify(state));
  } catch {
    $("unsaved").hidden = false;
  }
}

function below(n) {
  return Math.floor(crypto.getRandomValues(new Uint32Array(1))[0] / 2 ** 32 * n);
}

function shuffled(items) {
  const rest = [...items];
  return items.map(() => rest.splice(below(rest.length), 1)[0]);
}

const onSet = () => state.page > INTRO && state.page < END;
const answer = () => state.answers[state.page - 1];

function countTime() {
  const now = performance.now();
  if (onSet()) answer().seconds += (now - since) / 1000;
  since = now;
}

// --- drawing

function go(page) {
  countTime();
  state.page = page;
  if (page === END) state.finished = new Date().toISOString();
  save();
  render();
  (document.querySelector("section:not([hidden]) h1") ?? $("position")).focus({ preventScroll: true });
  scrollTo(0, 0);
}

function render() {
  document.querySelectorAll("video").forEach((video) => video.pause());
  $("intro").hidden = state.page !== INTRO;
  $("end").hidden = state.page !== END;
  $("set").hidden = document.querySelector("header").hidden = !onSet();
  $("downloaded").hidden = true;
  if (onSet()) renderSet(state.sets[state.page - 1]);
}

function renderSet(ids) {
  const count = study.sets.length;
  $("position").textContent = `Set ${state.page} of ${count}`;
  $("progress").max = count;
  $("progress").value = state.page - 1;
  $("next").textContent = state.page < count ? "Next" : "Finish";
  $("videos").replaceChildren(...ids.map(figure));
  for (const options of document.querySelectorAll(".options")) {
    const question = options.dataset.question;
    const choices = [...ids.map((id, index) => [id, letter(index)]), [CANNOT_TELL, "Cannot tell"]];
    options.replaceChildren(...choices.map(([value, text]) => option(question, value, text)));
  }
}

const letter = (index) => String.fromCharCode(65 + index);

function element(tag, properties, ...children) {
  const node = Object.assign(document.createElement(tag), properties);
  node.append(...children);
  return node;
}

function figure(id, index) {
  const caption = element("figcaption", { textContent: letter(index) });
  const video = element("video", {
    src: `videos/${id}.mp4`, controls: true, loop: true, playsInline: true, preload: "auto",
    disablePictureInPicture: true, ariaLabel: `Video ${letter(index)}`,
  });
  video.setAttribute("controlslist", "nodownload noplaybackrate noremoteplayback");
  const frame = element("figure", {}, video, caption);
  video.addEventListener("play", () => {
    document.querySelectorAll("video").forEach((other) => other === video || other.pause());
    frame.classList.add("playing");
  });
  video.addEventListener("pause", () => frame.classList.remove("playing"));
  video.addEventListener("error", () => { caption.textContent = `${letter(index)} cannot be played here`; });
  return frame;
}

function option(question, value, text) {
  const given = answer()[question];
  const checked = given !== undefined && (given ?? CANNOT_TELL) === value;
  const radio = element("input", { type: "radio", name: question, value, checked, required: true });
  return element("label", {}, radio, element("span", { textContent: text }));
}

// --- events

$("start").addEventListener("click", () => {
  state.started ??= new Date().toISOString();
  go(1);
});

$("questions").addEventListener("change", ({ target }) => {
  answer()[target.name] = target.value === CANNOT_TELL ? null : target.value;
  answer().voted = new Date().toISOString();
  countTime();
  save();
});

$("questions").addEventListener("submit", (event) => {  // comes only once both questions are answered
  event.preventDefault();
  go(state.page + 1);
});

$("back").addEventListener("click", () => go(state.page - 1));
$("review").addEventListener("click", () => go(state.page - 1));

$("download").addEventListener("click", () => {
  const { participant, started, finished, sets, answers } = state;
  const votes = sets.map((shown, index) => {
    const { realistic, in_sync, seconds, voted } = answers[index];
    return { shown, realistic, in_sync, seconds: Math.round(seconds), voted };
  });
  const ballot = { schema_version: 1, study: study.id, participant, started, finished, votes };
  const href = URL.createObjectURL(new Blob([JSON.stringify(ballot, null, 1)], { type: "application/json" }));
  const download = `votes-${participant}.json`;
  element("a", { href, download }).click();
  setTimeout(() => URL.revokeObjectURL(href), 60_000);
  $("file").textContent = download;
  $("downloaded").hidden = false;
});

$("another").addEventListener("click", () => {
  state = fresh();
  go(INTRO);
});

addEventListener("keydown", (event) => {  // 1, 2, … play and pause
  const video = document.querySelectorAll("#set:not([hidden]) video")[event.key - 1];
  if (!video || event.ctrlKey || event.altKey || event.metaKey) return;
  event.preventDefault();
  if (video.paused) video.play(); else video.pause();
});

document.addEventListener("visibilitychange", () => {
  if (document.hidden) {
    countTime();
    save();
  } else {
    since = performance.now();
  }
});

const size = study.sets[0].length;
$("set").style.setProperty("--videos", size);
$("extent").textContent = `${study.sets.length} set${study.sets.length > 1 ? "s" : ""} of ${size} short videos`;
$("keys").textContent = `Keys 1 to ${size} play and pause`;
save();
render();
