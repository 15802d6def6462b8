// Runs before the page's own scripts. `probe.shell()` gives the first tab as it stands, as HTML without any behaviour; `probe.taken` is what
// the page looks like in the frame in which it takes over, and `probe.before` what the shell before it looked like.
(() => {
  /** The first window of a desktop and a half: what lies lower comes with the page. */
  const LOWEST = 1000;
  const KEPT = ['aria-disabled', 'aria-pressed', 'aria-selected'];
  /** A picture of one grey pixel, where pictures come later. */
  const BLANK = 'data:image/gif;base64,R0lGODdhAQABAIAAAPDw8P///ywAAAAAAQABAAACAkQBADs=';

  /** The picture of a canvas, black on white whatever the theme, as CSS; nothing where it is of one colour. */
  const picture = (canvas) => {
    const { width, height } = canvas;
    const pixels = canvas.getContext('2d').getImageData(0, 0, width, height);
    const shades = pixels.data.filter((_, i) => i % 4 === 0);
    if (shades.every((shade) => shade === shades[0])) return '';
    const colours = getComputedStyle(document.documentElement);
    const [ink, paper] = ['--digit-ink', '--digit-paper'].map((name) => parseInt(colours.getPropertyValue(name).trim().slice(1, 3), 16));
    shades.forEach((shade, i) => pixels.data.fill((255 * (shade - ink)) / (paper - ink), 4 * i, 4 * i + 3));
    const plain = document.createElement('canvas');
    Object.assign(plain, { width, height });
    plain.getContext('2d').putImageData(pixels, 0, 0);
    return `background-image:url(${plain.toDataURL('image/webp', 0.15)})`;
  };

  const copy = (node) => {
    if (node.nodeType === Node.TEXT_NODE) return node.cloneNode();
    if (node.nodeType !== Node.ELEMENT_NODE || node.matches('dialog, script, #boot, progress, .languages')) return null;
    const block = node.matches('.panel, .controls section, footer');
    if (block && node.getBoundingClientRect().top + scrollY > LOWEST) return null;
    const made = node.cloneNode();
    for (const { name } of [...made.attributes]) {
      if (/^(data-|aria-|id$|for$|name$|href$|role$|title$|tabindex$|loading$)/.test(name) && !KEPT.includes(name)) made.removeAttribute(name);
    }
    if (node.matches('input')) made.setAttribute('value', node.value);
    if (node.matches('option') && node.selected) made.setAttribute('selected', '');
    if (node.matches('img')) made.setAttribute('src', BLANK);
    const background = node.matches('.panel-traversal canvas') && picture(node);
    if (background) made.setAttribute('style', background);
    made.append(...[...node.childNodes].map(copy).filter(Boolean));
    return made;
  };

  /** Where the parts of a page lie, as text. */
  const places = (root) => {
    const parts = root.querySelectorAll('h1, .lead, .masthead-tools, .transport, .gallery, .preset, .tabs button, .panel-traversal, .panel-traversal canvas, .panel-traversal .value, .panel-map h2');
    const own = [...parts].filter((part) => part.closest('#boot') === (root.id === 'boot' ? root : null));
    const all = own.map((part) => {
      const { x, y, width, height } = part.getBoundingClientRect();
      return { part: `${part.tagName} ${part.className}`, at: [x, y, width, height].map(Math.round) };
    });
    return all.filter(({ at }) => at[2] > 0);
  };

  probe.shell = () => {
    const all = document.createElement('div');
    all.append(...[...document.body.childNodes].map(copy).filter(Boolean));
    return all.innerHTML;
  };
  // The page removes what stood there before in one go.
  new MutationObserver((changes) => {
    const gone = changes.flatMap((change) => [...change.removedNodes]).find((node) => node.id === 'boot');
    if (gone) probe.taken = { shell: probe.shell(), places: places(document.body), before: probe.before };
  }).observe(document, { childList: true, subtree: true });
  const look = () => {
    const boot = document.getElementById('boot');
    if (boot) probe.before = places(boot);
    if (!probe.taken) requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
})();
