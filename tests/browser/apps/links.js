// What the three apps have in common: where their links lead, and how a test sees that they are there.

export const LINKS = [
  { id: "home", to: "/" },
  { id: "list", to: "/list" },
  { id: "first", to: "/item/1" },
  { id: "second", to: "/item/2" },
  { id: "old", to: "/old" },
  { id: "page", to: "/list?page=2" },
  { id: "swap", to: "/new", replace: true },
];

export const hashed = document.documentElement.dataset.history === "hash";

export function shown(name) {
  window.shown = name;
}
