// The table of contents says where the reader is.

/// Marks in `nav` the link to the part that is being read.
export function followContents(nav) {
  const links = [...nav.querySelectorAll('a[href^="#"]')];
  const parts = links.map((link) => document.getElementById(link.getAttribute("href").slice(1)));
  const mark = () => {
    asked = 0;
    // The last part that begins above the upper third is being read.
    const line = innerHeight / 3;
    let current = 0;
    parts.forEach((part, i) => {
      const box = (part?.closest("section") ?? part)?.getBoundingClientRect();
      if (box && box.height > 0 && box.top < line) current = i;
    });
    links.forEach((link, i) => {
      if (i === current) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    });
    // Along the bar alone: the page itself must stay where it is.
    const link = links[current];
    if (link.offsetLeft < nav.scrollLeft || link.offsetLeft + link.offsetWidth > nav.scrollLeft + nav.clientWidth) {
      nav.scrollLeft = link.offsetLeft - nav.clientWidth / 2;
    }
  };
  let asked = 0;
  const ask = () => (asked ||= requestAnimationFrame(mark));
  addEventListener("scroll", ask, { passive: true });
  addEventListener("resize", ask);
  ask();
}
