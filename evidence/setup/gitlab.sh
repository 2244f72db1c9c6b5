curl --request POST 'https://GITLAB/api/v4/projects/PROJECT/hooks' --header "PRIVATE-TOKEN: $GITLAB_TOKEN" --header 'Content-Type: application/json' --data @gitlab.json
