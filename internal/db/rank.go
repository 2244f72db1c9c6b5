package db

import (
	"crypto/rand"
	"encoding/base32"
	"strings"
)

// NewKey gives a random key of eight lower-case base32 characters, by which a
// row is known in the file and in links. A UNIQUE in the schema guards it.
func NewKey() string {
	var b [5]byte
	rand.Read(b[:]) // never fails
	return strings.ToLower(base32.StdEncoding.EncodeToString(b[:]))
}

// digits are those of ranks, in an order on which every collation agrees.
const digits = "0123456789abcdefghijklmnopqrstuvwxyz"

// Between gives a rank that sorts as text after a and before b. An empty a is
// the beginning, an empty b the end; a b that does not come after a counts as
// the end.
//
// A rank is a whole number and a fraction. The first letter says how many
// digits the number has, n to z one to thirteen, m to a the same below zero,
// so that ranks stay short when rows are only ever added at one end.
func Between(a, b string) string {
	if b != "" && b <= a {
		b = ""
	}
	wa, wb := whole(a), whole(b)
	switch {
	case a == "" && b == "":
		return "n0"
	case a != "" && wa == "" || b != "" && wb == "":
		return middle(a, b) // not a rank of ours: any text in between will do
	case a == "":
		if wb < b {
			return wb
		}
		return step(wb, -1)
	case b == "":
		return step(wa, 1)
	case wa == wb:
		return wa + middle(a[len(wa):], b[len(wb):])
	}
	if next := step(wa, 1); next < b {
		return next
	}
	return wa + middle(a[len(wa):], "")
}

// whole gives the number part of a rank, "" when it has none.
func whole(rank string) string {
	if rank == "" || rank[0] < 'a' || rank[0] > 'z' || strings.Trim(rank, digits) != "" {
		return ""
	}
	n := int(rank[0]) - 'n' + 2
	if rank[0] < 'n' {
		n = 'm' - int(rank[0]) + 2
	}
	if len(rank) < n {
		return ""
	}
	return rank[:n]
}

// step adds 1 to or takes 1 from a whole number, with more or fewer digits
// when these are used up.
func step(w string, by int) string {
	b := []byte(w)
	full, empty := byte('z'), byte('0')
	if by < 0 {
		full, empty = empty, full
	}
	for i := len(b) - 1; i > 0; i-- {
		if b[i] != full {
			b[i] = digits[strings.IndexByte(digits, b[i])+by]
			return string(b)
		}
		b[i] = empty
	}
	head := b[0] + byte(by)
	if head < 'a' || head > 'z' {
		return w + middle("", "") // out of numbers after 36^13 rows
	}
	switch {
	case w[0] == 'm' && by > 0, w[0] == 'n' && by < 0: // over zero: one digit on both sides
	case head >= 'n' == (by > 0):
		b = append(b, empty)
	default:
		b = b[:len(b)-1]
	}
	b[0] = head
	return string(b)
}

// middle gives the digits of a fraction between a and b; an empty b is one
// whole. It never ends in 0, so there is always room before it.
func middle(a, b string) string {
	n := 0
	for n < len(b) && digit(a, n) == strings.IndexByte(digits, b[n]) {
		n++
	}
	if n > 0 {
		return b[:n] + middle(a[min(n, len(a)):], b[n:])
	}
	lo, hi := digit(a, 0), len(digits)
	if b != "" {
		hi = strings.IndexByte(digits, b[0])
	}
	switch {
	case hi-lo > 1:
		return digits[(lo+hi)/2 : (lo+hi)/2+1]
	case len(b) > 1:
		return b[:1]
	}
	return digits[lo:lo+1] + middle(a[min(1, len(a)):], "")
}

// digit gives the value of the i-th digit of a fraction, 0 behind its end.
func digit(s string, i int) int {
	if i >= len(s) {
		return 0
	}
	return max(0, strings.IndexByte(digits, s[i]))
}
