// Whatever goes wrong in code of ours, the page goes on.

/** Returns `act` made safe: what it throws is a warning. */
export const guarded = (act) => (...args) => {
  try {
    return act(...args);
  } catch (error) {
    return console.warn("firsthand:", error);
  }
};
