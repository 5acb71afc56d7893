// Vue with vue-router: its web history, or its hash history where the address asks for it.

import { createApp, h } from "vue";
import { createRouter, createWebHashHistory, createWebHistory, RouterLink, RouterView } from "vue-router";
import { LINKS, hashed, shown } from "./links.js";

const page = (path, name) => ({
  path,
  component: { mounted: () => shown(name), render: () => h("main", name) },
});

const router = createRouter({
  history: hashed ? createWebHashHistory() : createWebHistory(),
  routes: [
    page("/", "home"),
    page("/list", "list"),
    page("/item/:id", "item"),
    page("/new", "new"),
    { path: "/old", redirect: "/new" },
  ],
});

const links = () => LINKS.map(({ id, to, replace }) => h(RouterLink, { id, to, replace }, () => id));
createApp({ render: () => h("div", [links(), h(RouterView)]) }).use(router).mount("#app");
