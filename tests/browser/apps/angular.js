// Angular with its router, compiled in the page: path addresses, or a hash where the address asks for it.

import "@angular/compiler";
import { Component, provideZonelessChangeDetection } from "@angular/core";
import { bootstrapApplication } from "@angular/platform-browser";
import { provideRouter, RouterLink, RouterOutlet, withHashLocation } from "@angular/router";
import { LINKS, hashed, shown } from "./links.js";

function page(path, name) {
  class Page {
    ngOnInit() {
      shown(name);
    }
  }
  return { path, component: Component({ selector: "main", template: name })(Page) || Page };
}

class App {}

const anchor = ({ id, to, replace }) => {
  const [path, query] = to.split("?");
  const params = query ? ` [queryParams]="{page: '${query.split("=")[1]}'}"` : "";
  return `<a id="${id}" routerLink="${path}"${params}${replace ? " replaceUrl" : ""}>${id}</a>`;
};

const Root =
  Component({
    selector: "#app",
    imports: [RouterLink, RouterOutlet],
    template: `${LINKS.map(anchor).join(" ")} <router-outlet />`,
  })(App) || App;

const routes = [
  page("", "home"),
  page("list", "list"),
  page("item/:id", "item"),
  page("new", "new"),
  { path: "old", redirectTo: "new" },
];

const router = provideRouter(routes, ...(hashed ? [withHashLocation()] : []));
bootstrapApplication(Root, { providers: [provideZonelessChangeDetection(), router] });
