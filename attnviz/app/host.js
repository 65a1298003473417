// The pictures on a page of Streamlit. It stands behind the canvas, of which it uses `mount`, in one script.
//
// A picture is handed its messages at different places of the page; here they meet. It stands where its view is handed.

const STEP = 40; // pixels by which a page becomes wider or narrower before the server is told

/** @type {Map<string, Picture>} */
const pictures = new Map();

class Picture {
  constructor() {
    /** @type {{[kind: string]: Uint8Array}} the last one of each kind */
    this.messages = {};
    /** @type {{update: (bytes: Uint8Array) => void, remove: () => void} | null} */
    this.handle = null;
    /** @type {ShadowRoot | null} */
    this.element = null;
    /** @type {object[]} what the server has not acknowledged, as far as it was told */
    this.events = [];
    this.room = 0;
    /** @type {(told: {events: object[], room: number}) => void} */
    this.tell = () => {};
    this.observer = new ResizeObserver(([{ contentRect }]) => this.measure(contentRect.width));
  }

  /**
   * @param {ShadowRoot} element
   * @param {{parts: string[] | null, of: string}} options
   */
  place(element, options) {
    this.remove();
    this.element = element;
    const { text, map, view } = this.messages;
    const messages = [text, map, view].filter(Boolean);
    const onChoice = (/** @type {{events: object[]}} */ told) => this.say(told.events);
    this.handle = mount(element, { ...options, messages, onChoice });
    this.observer.observe(element.host);
  }

  remove() {
    this.observer.disconnect();
    this.handle?.remove();
    this.handle = this.element = null;
    this.room = 0;
  }

  /** @param {number} room */
  measure(room) {
    if (!room || Math.abs(room - this.room) < STEP) return;
    this.room = room;
    this.say(this.events);
  }

  /**
   * Of what is told within one run the server takes the last, so all that it may not know is told again.
   * @param {object[]} events
   */
  say(events) {
    this.events = events;
    this.tell({ events, room: this.room });
  }
}

/**
 * Take in what a place of the page is handed: a line of JSON that says what it is, and a message.
 * @param {{parentElement: ShadowRoot, data: Uint8Array, setTriggerValue: (name: string, told: object) => void}} place
 */
export function take({ parentElement, data, setTriggerValue }) {
  const end = data.indexOf(10);
  const { group, kind, options } = JSON.parse(new TextDecoder().decode(data.subarray(0, end)));
  const bytes = data.slice(end + 1);
  const picture = pictures.get(group) ?? new Picture();
  pictures.set(group, picture);
  picture.messages[kind] = bytes;
  if (kind === "view") picture.tell = (told) => setTriggerValue("told", told);
  if (kind === "view" && picture.element !== parentElement) picture.place(parentElement, options);
  else picture.handle?.update(bytes);
}

/**
 * Take away the picture that stands at a place of the page.
 * @param {ShadowRoot} element
 */
export function leave(element) {
  for (const picture of pictures.values()) if (picture.element === element) picture.remove();
}
