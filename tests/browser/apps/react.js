// React with react-router: a browser router, or a hash router where the address asks for one.

import { createElement as h } from "react";
import { createRoot } from "react-dom/client";
import { createBrowserRouter, createHashRouter, Link, Navigate, Outlet, useParams } from "react-router";
import { RouterProvider } from "react-router/dom";
import { LINKS, hashed, shown } from "./links.js";

const Frame = () =>
  h("div", null, LINKS.map(({ id, to, replace }) => h(Link, { key: id, id, to, replace }, id)), h(Outlet));

function Page({ name }) {
  const { id } = useParams();
  return h("main", { ref: () => shown(name) }, name, id);
}

const page = (path, name) => ({ path, element: h(Page, { name }) });
const routes = [
  {
    element: h(Frame),
    children: [
      page("/", "home"),
      page("/list", "list"),
      page("/item/:id", "item"),
      page("/new", "new"),
      { path: "/old", element: h(Navigate, { to: "/new", replace: true }) },
    ],
  },
];

const router = (hashed ? createHashRouter : createBrowserRouter)(routes);
createRoot(document.getElementById("app")).render(h(RouterProvider, { router }));
