package evidence

// eventTools are code hosts, alarms, incidents and standards.
func eventTools() []tool { return nil }
