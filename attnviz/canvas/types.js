// What the messages of the host hold, as types; attnviz/scene.py writes them.

/**
 * A token that was chosen, and how it read when it was chosen ("": the index alone counts).
 * @typedef {{token: number, text: string}} Place
 */

/**
 * What a person asked for; null where nobody set a field.
 * @typedef {object} View
 * @property {string | null} [text]
 * @property {string | null} [pair]
 * @property {string | null} [model]
 * @property {boolean | null} [from_scratch]
 * @property {string | null} [source_language]
 * @property {string | null} [target_language]
 * @property {string | null} [other]
 * @property {string | null} [other_pair]
 * @property {string | null} [other_model]
 * @property {string | null} [stack]
 * @property {number | null} layer
 * @property {number | null} head
 * @property {Place | null} query
 * @property {Place | null} key
 * @property {Place[]} pins
 * @property {"to" | "from" | null} direction
 * @property {"text" | "columns" | null} face
 * @property {string | null} between
 * @property {string | null} average
 * @property {number | null} [rows]
 * @property {number | null} [columns]
 * @property {boolean | null} words
 * @property {"keep" | "hide" | "renormalise" | null} special
 * @property {"head" | "unit" | "log" | null} scale
 * @property {string | null} [edits]
 * @property {"changed" | "before" | null} [edited]
 */

/**
 * What is on screen: every field has a value. Tokens are those of the model.
 * @typedef {object} Shown
 * @property {string[]} kinds
 * @property {string} kind
 * @property {number} layer
 * @property {number} head
 * @property {number | null} query
 * @property {number | null} key
 * @property {number[]} pins
 * @property {string} average
 * @property {[number, number][]} heads
 * @property {string} name
 * @property {"to" | "from"} direction
 * @property {"text" | "columns"} face
 * @property {string} between
 * @property {boolean} words
 * @property {"keep" | "hide" | "renormalise"} special
 * @property {"head" | "unit" | "log"} scale
 */

/**
 * The words of one side, place by place as they are drawn.
 * @typedef {object} Words
 * @property {string[]} text
 * @property {[number, number][]} tokens   first and last model token of each place
 * @property {number[]} special
 * @property {number[]} unknown
 * @property {(0 | 1)[]} starts   whether a place begins a word
 * @property {number | null} second   where the second text of a pair begins
 */

/**
 * Words and all heads of a text.
 * @typedef {object} TextMessage
 * @property {"text"} kind
 * @property {string} group
 * @property {string} digest
 * @property {number[]} layers
 * @property {number} heads
 * @property {[number, number]} tokens
 * @property {[number, number]} cells
 * @property {[number, number]} block
 * @property {[number, number]} first
 * @property {[number, number]} total
 * @property {Words} query
 * @property {Words | null} key
 * @property {[string, string]} names   of the sides: who looks, who is looked at
 * @property {boolean} is_one_text
 * @property {{layer: number, head: number, query: number | null, key: number | null}} opening   where one looks who chose nothing
 * @property {{title: string, does: string, right: string}[]} about
 * @property {{model: string, text: string, pair: string | null}} source   what the attention is of
 * @property {Float32Array} scale
 * @property {Float32Array} linkWeight
 * @property {Uint16Array} linkQuery
 * @property {Uint16Array} linkKey
 * @property {Uint8Array} codes
 */

/**
 * The exact map of a head or of a mean.
 * @typedef {{kind: "map", digest: string, name: string, values: Float32Array}} MapMessage
 */

/** @typedef {{name: string, how: string, result: string}} Step */

/**
 * How the chosen weight came about.
 * @typedef {object} Why
 * @property {number} layer
 * @property {number} head
 * @property {number} query
 * @property {number} key
 * @property {string} title
 * @property {string} number
 * @property {[string, string]} names
 * @property {string} subject
 * @property {string[] | null} keys   how the tokens read that the row is of; null where they are what is drawn
 * @property {number} at   the place of the key among them
 * @property {{q: string[], k: string[], products: string[]}} written
 * @property {Step[]} steps
 * @property {Step[]} then
 * @property {{scores: string[], exps: string[], weights: string[], total: string, largest: string, all: number}} row
 * @property {{weight: string[], length: string[], part: string[]}} mixed
 * @property {{weight: string, v: string[], part: string[], out: string[]}} output
 */

/**
 * What the first visit shows: the row of one word, and the same with another word in the sentence.
 * @typedef {object} First
 * @property {number} index   place of the word that looks
 * @property {number[]} before
 * @property {number[]} after
 * @property {[number, string, string]} changed   place of the other word, its text, and the text that takes its place
 */

/** @typedef {{label: string, event: ViewEvent}} Offer */

/**
 * What was asked for and what is shown.
 * @typedef {object} ViewMessage
 * @property {"view"} kind
 * @property {string} digest
 * @property {number} sequence
 * @property {View} view
 * @property {Shown} shown
 * @property {Why | null} why
 * @property {string[]} sentences
 * @property {string} note
 * @property {{state: "known" | "warn" | "real", text: string} | null} badge
 * @property {{label: string, text: string}[]} examples
 * @property {First | null} first
 * @property {{sentence: string, offer: Offer | null} | null} [dimmed]
 * @property {Edits | null} [edits]   what was changed, where something was
 * @property {boolean} [can_edit]   whether somebody answers who can compute what follows
 */

/**
 * What was changed: the edits in their text form, what each does in a sentence, and what the model says then.
 * @typedef {object} Edits
 * @property {[string, string][]} listed
 * @property {boolean} are_shown   whether the maps are those with the edits
 * @property {Answer | null} answer
 */

/**
 * What the model answers at the chosen word, before and after the edits; of vectors how far they moved.
 * @typedef {object} Answer
 * @property {string} about
 * @property {[string, string, string, number, number][]} rows   name, both probabilities as text, and as numbers
 * @property {string} said
 * @property {string} note
 */

/**
 * A choice of a person; `update.js` says what each type does.
 * @typedef {{type: string, [field: string]: any}} ViewEvent
 */

/** @typedef {{sequence: number, digest: string, event: ViewEvent}} Sent */

/**
 * What is looked at for a moment: a head, places of words; the first visit shows other words and another row as well.
 * @typedef {object} Preview
 * @property {number} [layer]
 * @property {number} [head]
 * @property {number} [query]
 * @property {number} [key]
 * @property {number[]} [row]     weights of the word that looks, instead of the map's
 * @property {string[]} [words]   instead of the text's
 * @property {number} [reach]     how far the arcs have grown, 0 to 1
 * @property {string} [said]      instead of the sentence in words
 */

/** @typedef {{name: string, heads: [number, number][], values: Float32Array, exact: boolean}} ShownMap */

/** @typedef {{fill?: string, stroke?: string, width?: number, dash?: number[], opacity?: number}} Ink */

/** @typedef {{size: number, weight?: number, fill: string, align?: "left" | "center" | "right", turn?: number}} Lettering */

/**
 * The verbs that pictures are drawn with, to a canvas or to SVG.
 * @typedef {object} Painter
 * @property {(x: number, y: number, width: number, height: number, ink: Ink) => void} rect
 * @property {(x: number, y: number, width: number, height: number, radius: number, ink: Ink) => void} box
 * @property {(points: [number, number][], ink: Ink) => void} line
 * @property {(from: [number, number], bend1: [number, number], bend2: [number, number], to: [number, number], ink: Ink) => void} curve
 * @property {(words: string, x: number, y: number, lettering: Lettering) => void} text
 * @property {(pixels: Uint32Array, columns: number, rows: number, x: number, y: number, width: number, height: number) => void} image
 * @property {(x: number, y: number, width: number, height: number, draw: () => void) => void} clip
 * @property {(x: number, y: number, draw: () => void) => void} shift
 * @property {number} ratio   pixels to a point
 */

/** @typedef {{width: number, height: number, paint: (painter: Painter) => void}} Picture */
