// Keeps `#live` up to date: each event is its new content, and only what differs is
// changed, so that focus, selection and the place of the reader stay.
"use strict";

const live = document.getElementById("live");
const status = document.getElementById("connection");
let source = null;

function morph(from, to) {
  if (from.nodeName !== to.nodeName) {
    from.replaceWith(to);
    return;
  }
  if (from.nodeType !== Node.ELEMENT_NODE) {
    if (from.data !== to.data) from.data = to.data;
    return;
  }
  for (const { name } of [...from.attributes]) {
    if (!to.hasAttribute(name)) from.removeAttribute(name);
  }
  for (const { name, value } of to.attributes) {
    if (from.getAttribute(name) !== value) from.setAttribute(name, value);
  }
  morphChildren(from, to);
}

// Children with an id stay the same element wherever they move; others are compared in order.
function morphChildren(from, to) {
  const known = new Map();
  for (const child of from.children) if (child.id) known.set(child.id, child);
  let at = from.firstChild;
  for (const next of [...to.childNodes]) {
    const same = next.id ? known.get(next.id) : undefined;
    if (same) {
      if (same === at) at = at.nextSibling;
      else from.insertBefore(same, at);
      morph(same, next);
    } else if (at && !at.id && !next.id && at.nodeName === next.nodeName) {
      const after = at.nextSibling;
      morph(at, next);
      at = after;
    } else {
      from.insertBefore(next, at);
    }
  }
  while (at) {
    const after = at.nextSibling;
    at.remove();
    at = after;
  }
}

// The first thing that begins on the screen stays where it is, unless the reader is at the top.
function inPlace(change) {
  const seen = (one) => one.getBoundingClientRect().top >= 0;
  const anchor = window.scrollY > 0 ? [...live.querySelectorAll("[id]")].find(seen) : null;
  const before = anchor ? anchor.getBoundingClientRect().top : 0;
  change();
  if (anchor && anchor.isConnected) {
    window.scrollBy(0, anchor.getBoundingClientRect().top - before);
  }
}

function say(text) {
  if (status.textContent !== text) status.textContent = text;
}

function listen() {
  source = new EventSource(document.body.dataset.events);
  source.onopen = () => say("live");
  source.onerror = () => say("no connection; trying again");
  source.onmessage = (event) => {
    const fresh = new DOMParser().parseFromString(event.data, "text/html").body;
    inPlace(() => morphChildren(live, fresh));
  };
  source.addEventListener("over", () => {
    source.close();
    location.reload();
  });
}

// A browser has six connections to a server: pages that nobody sees keep none.
document.addEventListener("visibilitychange", () => {
  source.close();
  if (!document.hidden) listen();
});
window.addEventListener("pagehide", () => source.close());
listen();
