chaos --settings chaostoolkit.yaml run experiment.json --journal-path journal.json
curl --request POST 'ADDRESS' --header 'HEADER: THE SECRET OF THIS SOURCE' --header 'Content-Type: application/json' --data @journal.json
