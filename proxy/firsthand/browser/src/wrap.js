// Puts our code before a method or an accessor of the page, so that the page does not notice.

/** Lets the page's code hear how something ended. */
export const fire = (target, type) => target && target.dispatchEvent(new Event(type));

/** The page's fetch before our hook, for requests of our own. */
export const ownFetch = window.fetch.bind(window);

/**
 * Lets `act(self, args, call)` decide about every call of `owner[name]`. It may return a function,
 * whose result is the call's; else the call goes on as it came. `call(args)` is the method itself.
 * A Proxy keeps name, length and the `[native code]` text that scripts look at.
 */
export function wrap(owner, name, act) {
  // An inherited method is looked up at each call: wrappers put there later keep working.
  const inherited = !Object.getOwnPropertyDescriptor(owner, name);
  owner[name] = new Proxy(owner[name], {
    apply(target, self, args) {
      const call = (changed) =>
        Reflect.apply(inherited ? Object.getPrototypeOf(owner)[name] : target, self, changed);
      let answer;
      try {
        answer = act(self, args, call);
      } catch {
        // A fault of ours, or an argument that the method itself will refuse: the page's call counts.
      }
      return answer ? answer() : call(args);
    },
  });
}

/** The same for one accessor (`get` or `set`) of a property. */
export function wrapProperty(owner, name, accessor, act) {
  const property = Object.getOwnPropertyDescriptor(owner, name);
  wrap(property, accessor, act);
  Object.defineProperty(owner, name, property);
}
