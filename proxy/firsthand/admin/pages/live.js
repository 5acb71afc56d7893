// Keeps the part of the page with id "live" current while the page is looked at. Without this
// script the link "Refresh" does the same by hand. It never runs while something inside has the
// focus, is selected or is folded open, and it can be switched off.
"use strict";

const part = document.getElementById("live");
const link = document.getElementById("refresh");
const toggle = document.createElement("button");
const KEY = "fh-live";
let on = sessionStorage.getItem(KEY) !== "off";

const show = () => {
  toggle.textContent = on ? "Live" : "Paused";
  toggle.setAttribute("aria-pressed", String(on));
  toggle.className = on ? "live" : "";
};

const isBusy = () =>
  document.hidden ||
  part.contains(document.activeElement) ||
  part.querySelector("details[open]") !== null ||
  !getSelection().isCollapsed;

const refresh = async () => {
  if (!on || isBusy()) return;
  const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
  if (!answer.ok || isBusy()) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const selector of ["#live", ".head .sub"]) {
    const [old, fresh] = [document.querySelector(selector), page.querySelector(selector)];
    if (fresh && old.innerHTML !== fresh.innerHTML) old.replaceChildren(...fresh.childNodes);
  }
};

const loop = () =>
  setTimeout(() => refresh().catch(() => {}).finally(loop), Number(part.dataset.every));

toggle.type = "button";
toggle.title = "Refresh by itself every few seconds";
toggle.addEventListener("click", () => {
  on = !on;
  sessionStorage.setItem(KEY, on ? "on" : "off");
  show();
});
show();
link.after(toggle);
loop();
