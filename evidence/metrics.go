package evidence

// metricTools are the answers of metric stores.
func metricTools() []tool { return nil }

// textTools are the forms that are neither JSON nor YAML.
func textTools() []textTool { return nil }
