// Package markdown turns the text people type into HTML and plain text, and
// cuts documents at their headings.
//
// It promises three things. The HTML holds nothing but an allow-list of
// elements and attributes, whatever was typed. The work is bounded: goldmark is
// quadratic on hostile input and cannot be cancelled, so a text is looked
// through before it is parsed, is rendered by a worker that can be abandoned,
// and may not grow to more than ten times its size. And the typed text is never
// changed: what is returned are copies and byte offsets.
//
// The package knows nothing of the documents it serves and imports nothing of
// this module.
package markdown
