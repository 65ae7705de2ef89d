"use strict";

// A switch shows or hides the lines of a method in all plots of a recording.
document.addEventListener("change", ({ target }) => {
  if (!target.matches(".legend input")) return;
  const section = target.closest("section");
  for (const input of section.querySelectorAll(".legend input")) {
    if (input.value === target.value) input.checked = target.checked;
  }
  for (const line of section.querySelectorAll("path[data-name]")) {
    if (line.dataset.name === target.value) line.toggleAttribute("hidden", !target.checked);
  }
});

// What is wider than the page says so, as long as more of it is to the right.
function tellMore(box) {
  const beyond = box.scrollWidth - box.clientWidth;
  box.parentElement.dataset.more = beyond < 2 ? "none" : box.scrollLeft < beyond - 1 ? "right" : "left";
}
const resized = new ResizeObserver((entries) => entries.forEach(({ target }) => tellMore(target)));
for (const box of document.querySelectorAll(".scroll")) {
  resized.observe(box);
  box.addEventListener("scroll", () => tellMore(box), { passive: true });
}

// One video at a time.
document.addEventListener("play", ({ target }) => {
  for (const video of document.querySelectorAll("video")) if (video !== target) video.pause();
}, true);

// What is printed is open.
addEventListener("beforeprint", () => {
  for (const details of document.querySelectorAll("details")) details.open = true;
});
