curl --request POST 'https://api.pagerduty.com/webhook_subscriptions' --header "Authorization: Token token=$PAGERDUTY_TOKEN" --header 'Content-Type: application/json' --data @pagerduty.json
