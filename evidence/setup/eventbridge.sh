aws events create-connection --cli-input-json file://eventbridge-connection.json
aws events create-api-destination --cli-input-json file://eventbridge-destination.json
aws events put-rule --cli-input-json file://eventbridge-rule.json
aws events put-targets --cli-input-json file://eventbridge-targets.json
