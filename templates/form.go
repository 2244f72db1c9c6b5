package templates

// Form is a plain form: it works without script, shows a refused field with the
// mend beside it, and keeps what was typed.
type Form struct {
	Action  string
	Submit  string
	Version int64  // 0: none
	Draft   string // name under which the browser keeps what is typed, "" for none
	Cancel  string // address of the way out
	Leave   string // what the way out says: "Keep it as it is"
	Fields  []Field
	Hidden  []Hidden
}

// Hidden is a value the form carries along.
type Hidden struct{ Name, Value string }

// Field is one input with its label, hint and error, in this order.
type Field struct {
	Kind     string // text, email, date, area, select, multi, check, file
	Name, ID string // ID is the name when empty
	Label    string
	Hint     string
	Error    string
	Value    string
	Rows     int  // of an area
	Size     int  // of a text, 0 for full width
	Checked  bool // of a check
	Required bool
	Auto     string // autocomplete
	List     string // id of a datalist of the page, "" for none
	Options  []Option
}

// Ident is the id of the input.
func (f Field) Ident() string {
	if f.ID != "" {
		return f.ID
	}
	return "f-" + f.Name
}

// Described names what describes the input to a screen reader.
func (f Field) Described() string {
	s := ""
	if f.Hint != "" {
		s = f.Ident() + "-h"
	}
	if f.Error != "" {
		s += " " + f.Ident() + "-e"
	}
	return s
}

// Refuse puts an error beside its field; a field that is not there shows it at
// the first one, so that it is never lost.
func (f Form) Refuse(e FieldError) Form {
	if e.Text == "" || len(f.Fields) == 0 {
		return f
	}
	f.Fields = append([]Field{}, f.Fields...)
	for i := range f.Fields {
		if f.Fields[i].Name == e.Field {
			f.Fields[i].Error = e.Text
			return f
		}
	}
	f.Fields[0].Error = e.Text
	return f
}

// Fill puts what was typed back into the fields.
func (f Form) Fill(typed func(name string) []string) Form {
	f.Fields = append([]Field{}, f.Fields...)
	for i := range f.Fields {
		fl := &f.Fields[i]
		v := typed(fl.Name)
		switch fl.Kind {
		case "check":
			fl.Checked = len(v) > 0
		case "select", "multi":
			fl.Options = choose(fl.Options, v)
		case "file":
		default:
			if len(v) > 0 {
				fl.Value = v[0]
			}
		}
	}
	return f
}

func choose(options []Option, values []string) []Option {
	out := append([]Option{}, options...)
	for i := range out {
		out[i].Selected = false
		for _, v := range values {
			if v == out[i].Value {
				out[i].Selected = true
			}
		}
	}
	return out
}
