// What a person does with the page. Its address can say how it begins: look.html#clay&explode=0.2&hide=hair,base

const element = (id) => document.getElementById(id);
const SWITCHES = ['wireframe', 'clay', 'dimensions', 'dark'];

/** How the page begins. */
function begin(settings) {
  const [yaw, pitch] = settings.view;
  const dark = matchMedia('(prefers-color-scheme: dark)').matches;
  const state = { yaw, pitch, zoom: 1, pan: [0, 0], hidden: new Set(), explode: settings.explode, clay: settings.clay, dark };
  for (const [name, value] of new URLSearchParams(location.hash.slice(1))) {
    const [first, second] = value.split(',').map(Number);
    if (SWITCHES.includes(name)) state[name] = value !== 'off';
    else if (name === 'bare') document.documentElement.classList.add('bare');
    else if (name === 'explode' && first >= 0 && first <= 2) state.explode = first;
    else if (name === 'hide') state.hidden = new Set(value.split(','));
    else if (name === 'view' && Number.isFinite(first + second)) {
      [state.yaw, state.pitch] = [first, second].map((degrees) => (degrees * Math.PI) / 180);
    }
  }
  return state;
}

/** A length in metres, for people. */
const length = (metres) => (metres < 1 ? `${(metres * 1000).toFixed(1)} mm` : `${metres.toFixed(2)} m`);

/** The box around what is shown, with its sizes beside three of its edges. */
function measured(drawing, state, matrix) {
  const boxes = drawing.boxes(state);
  const labels = [...element('labels').children];
  labels.forEach((label) => { label.textContent = ''; });
  element('size').textContent = '';
  if (!boxes.length) return;
  const { low, high } = around(boxes);
  const size = sub(high, low);
  element('size').textContent = size.map((v) => (v * 1000).toFixed(1)).join(' \u00d7 ') + ' mm';
  if (!state.dimensions) return;
  const corner = (i) => [0, 1, 2].map((k) => (i & (1 << k) ? high : low)[k]);
  const lines = [];
  for (let k = 0; k < 3; k++) for (let i = 0; i < 8; i++) if (!(i & (1 << k))) lines.push([k, corner(i), corner(i | (1 << k))]);
  drawing.rule(lines.flatMap(([, a, b]) => [a, b]), matrix, state.dark ? [0.75, 0.8, 0.9, 1] : [0.15, 0.3, 0.55, 1]);
  const middle = ([, a, b]) => thrown(matrix, scaled(add(a, b), 0.5));
  for (let k = 0; k < 3; k++) {
    const edges = lines.filter(([axis]) => axis === k).map(middle);
    // Width and depth below, the height on the right.
    const best = edges.reduce((a, b) => ((k === 1 ? b[0] > a[0] : b[1] < a[1]) ? b : a));
    labels[k].textContent = length(size[k]);
    labels[k].style.left = `${Math.min(Math.max(50 + 50 * best[0], 5), 95)}%`;
    labels[k].style.top = `${Math.min(Math.max(50 - 50 * best[1], 3), 97)}%`;
  }
}

/** Draws, and again before the next picture of the screen whenever something changed. */
function painter(drawing, state) {
  let waiting = false;
  const paint = () => {
    waiting = false;
    const canvas = drawing.canvas;
    const scale = Math.min(devicePixelRatio || 1, 2);
    const [width, height] = [canvas.clientWidth, canvas.clientHeight].map((side) => Math.max(Math.round(side * scale), 1));
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
    document.documentElement.classList.toggle('dark', state.dark);
    measured(drawing, state, drawing.draw(state));
  };
  return { now: paint, soon: () => { if (!waiting) requestAnimationFrame(paint); waiting = true; } };
}

function listenToPanel(drawing, state, changed) {
  for (const name of SWITCHES) {
    const box = element(name);
    box.checked = Boolean(state[name]);
    box.addEventListener('change', () => { state[name] = box.checked; changed(); });
  }
  const explode = element('explode');
  explode.max = Math.max(0.6, state.explode);
  explode.value = state.explode;
  explode.addEventListener('input', () => { state.explode = Number(explode.value); changed(); });
  explode.closest('label').hidden = drawing.parts.length < 2;
  for (const { name } of drawing.parts) {
    const label = document.createElement('label');
    const box = Object.assign(document.createElement('input'), { type: 'checkbox', checked: !state.hidden.has(name) });
    box.addEventListener('change', () => { state.hidden[box.checked ? 'delete' : 'add'](name); changed(); });
    label.append(box, ` ${name.replaceAll('_', ' ')}`);
    element('parts').append(label);
  }
  element('panel').addEventListener('submit', (event) => event.preventDefault());
}

function listenToHands(canvas, state, home, changed) {
  const fingers = new Map();
  const turn = (x, y) => {
    state.yaw -= x;
    state.pitch = Math.min(Math.max(state.pitch + y, -1.5), 1.5);
  };
  const zoom = (factor) => { state.zoom = Math.min(Math.max(state.zoom * factor, 0.2), 20); };
  const spread = () => { const [a, b] = [...fingers.values()]; return Math.hypot(a.x - b.x, a.y - b.y); };
  canvas.addEventListener('pointerdown', (event) => {
    fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener('pointermove', (event) => {
    const finger = fingers.get(event.pointerId);
    if (!finger) return;
    const before = fingers.size === 2 && spread();
    const [x, y] = [event.clientX - finger.x, event.clientY - finger.y];
    Object.assign(finger, { x: event.clientX, y: event.clientY });
    if (fingers.size === 2) zoom(spread() / Math.max(before, 1));
    else if (event.shiftKey || event.buttons & 6) {
      state.pan = [state.pan[0] + (2 * x) / canvas.clientWidth, state.pan[1] - (2 * y) / canvas.clientHeight];
    } else turn(x * 0.008, y * 0.008);
    changed();
  });
  for (const end of ['pointerup', 'pointercancel']) canvas.addEventListener(end, (event) => fingers.delete(event.pointerId));
  canvas.addEventListener('contextmenu', (event) => event.preventDefault());
  canvas.addEventListener('wheel', (event) => { event.preventDefault(); zoom(Math.exp(-event.deltaY * 0.0015)); changed(); }, { passive: false });
  canvas.addEventListener('dblclick', () => { Object.assign(state, home, { pan: [0, 0] }); changed(); });
  const keys = { ArrowLeft: () => turn(0.1, 0), ArrowRight: () => turn(-0.1, 0), ArrowUp: () => turn(0, 0.1),
    ArrowDown: () => turn(0, -0.1), '+': () => zoom(1.15), '-': () => zoom(1 / 1.15),
    w: () => element('wireframe').click(), c: () => element('clay').click(), d: () => element('dimensions').click(),
    n: () => element('dark').click() };
  addEventListener('keydown', (event) => {
    const arrow = event.key.startsWith('Arrow') && event.target.type === 'range';
    if (!keys[event.key] || arrow || event.ctrlKey || event.metaKey || event.altKey) return;
    keys[event.key]();
    changed();
  });
}

async function main() {
  const settings = JSON.parse(element('settings').textContent);
  const name = decodeURIComponent(location.pathname.split('/').pop()).replace(/\.html?$/i, '') || 'Figurine';
  document.title = element('panel').firstElementChild.textContent = name;
  const figurine = readFigurine(bytesOf(element('figurine').textContent));
  figurine.parts.forEach((part) => { part.shift = settings.shifts[part.name]; });
  const drawing = new Drawing(element('picture'), figurine);
  if (figurine.picture) drawing.wrap(await createImageBitmap(new Blob([figurine.picture], { type: 'image/png' })));
  const state = begin(settings);
  const { now, soon } = painter(drawing, state);
  listenToPanel(drawing, state, soon);
  const { yaw, pitch, zoom } = state;
  listenToHands(drawing.canvas, state, { yaw, pitch, zoom }, soon);
  new ResizeObserver(now).observe(drawing.canvas);
  drawing.canvas.addEventListener('webglcontextrestored', () => location.reload());
  drawing.canvas.addEventListener('webglcontextlost', (event) => event.preventDefault());
  now();
  document.documentElement.dataset.ready = 'yes';
}

main().catch((error) => {
  element('fault').hidden = false;
  element('fault').textContent = `The figurine cannot be shown: ${error.message}`;
});
