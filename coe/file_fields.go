package coe

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"coetracker/people"
)

// fields binds the fields of one row to a value, in both directions, so that
// what is written and what is read cannot differ. Fields that are empty are
// not written.
type fields struct {
	names *names
	row   *rawRow
	read  bool
	err   error // the first thing that cannot be read
}

// take gives a field that is read; it marks the field as known.
func (f *fields) take(name string) (v string, line int, ok bool) {
	if !f.read || f.err != nil {
		return "", 0, false
	}
	for i := range f.row.fields {
		if x := &f.row.fields[i]; x.name == name {
			x.used = true
			return x.value, x.line, true
		}
	}
	return "", 0, false
}

// put writes a field.
func (f *fields) put(name, value string) {
	if !f.read && value != "" {
		f.row.fields = append(f.row.fields, rawField{name: name, value: value})
	}
}

// body binds the text of the row.
func (f *fields) body(v *string) {
	if f.read {
		*v = f.row.body
		return
	}
	f.row.body = *v
}

// series binds the row's fenced CSV.
func (f *fields) series(v *string) {
	if f.read {
		*v = f.row.series
		return
	}
	f.row.series = *v
}

// mark binds the key that ends the row.
func (f *fields) mark(v *string) {
	if f.read {
		*v = f.row.mark
		return
	}
	f.row.mark = *v
}

func (f *fields) text(name string, v *string) {
	f.put(name, *v)
	if s, _, ok := f.take(name); ok {
		*v = s
	}
}

func (f *fields) flag(name string, v *bool) {
	if *v {
		f.put(name, "yes")
	}
	if s, line, ok := f.take(name); ok {
		if s != "yes" && s != "no" {
			f.err = badLine(line, "%s is yes or no.", name)
		}
		*v = s == "yes"
	}
}

// instant binds a time; the zero time is none.
func (f *fields) instant(name string, v *time.Time) {
	f.put(name, writeTime(v))
	if s, line, ok := f.take(name); ok {
		*v, f.err = readTime(line, s)
	}
}

func (f *fields) maybe(name string, v **time.Time) {
	f.put(name, writeTime(*v))
	if s, line, ok := f.take(name); ok {
		var t time.Time
		t, f.err = readTime(line, s)
		*v = &t
	}
}

func (f *fields) day(name string, v *people.Day) {
	f.put(name, string(*v))
	if s, line, ok := f.take(name); ok {
		d, err := people.ParseDay(s)
		if err != nil {
			f.err = badLine(line, "%q is not a day. Write it as 2025-10-15.", clip(s))
		}
		*v = d
	}
}

func (f *fields) zone(name string, v *string) {
	f.put(name, *v)
	if s, line, ok := f.take(name); ok {
		f.err = readZone(line, s, v)
	}
}

// hash binds a SHA-256 in hexadecimal digits.
func (f *fields) hash(name string, v *string) {
	f.put(name, *v)
	if s, line, ok := f.take(name); ok {
		if len(s) != 64 || strings.Trim(s, "0123456789abcdef") != "" {
			f.err = badLine(line, "%q is not a SHA-256: 64 hexadecimal digits.", clip(s))
		}
		*v = s
	}
}

// who binds a person who may be nobody. Somebody who is not loaded is left
// out: only rows say who made them, and a page does not need that.
func (f *fields) who(name string, v **int64) {
	if *v != nil && !f.read {
		if p, ok := f.names.d.People[**v]; ok {
			f.put(name, p.Email)
		}
	}
	if s, _, ok := f.take(name); ok && s != "" {
		id := f.names.person(s)
		*v = &id
	}
}

// somebody binds a person who must be there.
func (f *fields) somebody(name string, v *int64) {
	if !f.read {
		f.put(name, f.names.email(*v))
		return
	}
	s, _, ok := f.take(name)
	if !ok && f.err == nil {
		f.err = badLine(f.row.line, "this row does not say %s: the address of a person.", name)
	}
	*v = f.names.person(s)
}

// number binds a whole number; 0 is not written.
func number[T whole](f *fields, name string, v *T, least, most int64) {
	if *v != 0 {
		f.put(name, strconv.FormatInt(int64(*v), 10))
	}
	if s, line, ok := f.take(name); ok {
		f.err = readInt(line, s, least, most, v)
	}
}

// maybeNumber binds a number that may be missing; 0 is a number.
func maybeNumber(f *fields, name string, v **int, most int64) {
	if *v != nil {
		f.put(name, strconv.Itoa(**v))
	}
	if s, line, ok := f.take(name); ok {
		var n int
		f.err = readInt(line, s, 0, most, &n)
		*v = &n
	}
}

// enum binds one of some words. Where "" is one of them the field may be
// missing.
func enum[T ~string](f *fields, name string, v *T, allowed ...T) {
	f.put(name, string(*v))
	if !f.read {
		return
	}
	s, line, ok := f.take(name)
	if !ok {
		if !slices.Contains(allowed, *v) && f.err == nil {
			f.err = badLine(f.row.line, "this row does not say its %s.", name)
		}
		return
	}
	f.err = readEnum(line, s, v, allowed...)
}

// refs binds action numbers such as.
func (f *fields) refs(name string, v *[]int64) {
	var out []string
	for _, n := range *v {
		out = append(out, "A-"+strconv.FormatInt(n, 10))
	}
	f.put(name, strings.Join(out, ", "))
	s, line, ok := f.take(name)
	if !ok {
		return
	}
	for item := range strings.SplitSeq(s, ",") {
		var n int64
		item = strings.TrimSpace(item)
		digits, ok := strings.CutPrefix(item, "A-")
		if !ok || readInt(line, digits, 1, 999_999_999, &n) != nil {
			f.err = badLine(line, "%q is not an action. Write them as A-1, A-3.", clip(item))
			return
		}
		*v = append(*v, n)
	}
}

// done reports the first mistake of a row that was read, unknown fields too.
func (f *fields) done() error {
	if f.err != nil {
		return f.err
	}
	for _, x := range f.row.fields {
		if !x.used {
			return badLine(x.line, "a row of this kind has no field %q.", x.name)
		}
	}
	return nil
}
