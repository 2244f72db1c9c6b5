kubectl --namespace litmus get chaosresults,chaosengines --output json | curl --request POST 'ADDRESS' --header 'HEADER: THE SECRET OF THIS SOURCE' --header 'Content-Type: application/json' --data @-
