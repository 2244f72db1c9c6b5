curl --request POST 'ADDRESS' --header 'HEADER: THE SECRET OF THIS SOURCE' --header 'Content-Type: application/json' --data @generic.json
