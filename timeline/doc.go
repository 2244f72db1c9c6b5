// Package timeline holds what happened when: the entries of a COE, the grammar
// in which people type times, the durations that key moments give, gaps and
// phases, and the reading of pasted text, tables, logs and chats.
//
// Everything in the pure files takes the present moment as an argument and
// never touches a database. An instant is UTC with microseconds; the zone in
// which it was entered stands beside it, as an IANA name or as UTC±hh:mm.
package timeline
