kubectl --namespace flux-system create secret generic coe-webhook --from-literal=token='THE SECRET OF THIS SOURCE'
