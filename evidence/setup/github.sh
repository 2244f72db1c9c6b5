gh api repos/OWNER/REPOSITORY/hooks --method POST --input github.json
