// Rendered from the platform file: takes a digest of {{.Service}} into production. It
// builds nothing; it runs on the production controller alone.
pipeline {
  agent { label '{{.Tier}}' }
  options {
    disableConcurrentBuilds()
    timeout(time: 8, unit: 'HOURS')
    timestamps()
    buildDiscarder(logRotator(numToKeepStr: '400'))
  }
  parameters {
    string(name: 'DIGEST', description: 'sha256:… of the image that passed {{.Last}}')
    string(name: 'CHANGE', description: 'Key of the change in the ticket system')
    booleanParam(name: 'ROLLBACK', defaultValue: false, description: 'Back to the release before, image and configuration together')
{{- if .Hotfix}}
    booleanParam(name: 'HOTFIX', defaultValue: false, description: 'The short lane: {{join .HotfixSkip ", "}} may be missing, and the windows do not hold')
{{- end}}
  }
  environment {
    SERVICE = {{quote .Service}}
    IMAGE = {{quote .Image}}
    AWS_REGION = {{quote .Region}}
    SIGNING_KEY = {{quote .Key}}
    CHANNEL = {{quote .Slack}}
  }
  stages {
    stage('checkout') {
      steps { git url: env.PLATFORM_REPOSITORY, branch: env.PLATFORM_BRANCH ?: 'main', credentialsId: 'git-read' }
    }
    stage('what is asked for') {
      when { expression { !params.ROLLBACK } }
      steps {
        script {
          if (!(params.DIGEST ==~ /sha256:[0-9a-f]{64}/)) { error('DIGEST is no digest.') }
          if (!(params.CHANGE ==~ /[A-Z][A-Z0-9]+-[0-9]+/)) { error('CHANGE is no key of a ticket.') }
        }
        sh 'cosign verify --key "$SIGNING_KEY" "$IMAGE@$DIGEST" > /dev/null'
{{- if .Last}}
        // No environment is left out: the last one says that it was passed.
        withEnv(["PASSED={{if .Hotfix}}${params.HOTFIX ? {{quote .HotfixLast}} : {{quote .Last}}}{{else}}{{.Last}}{{end}}"]) {
          sh 'cosign verify-attestation --key "$SIGNING_KEY" --type "https://paddock.dev/passed/$PASSED" "$IMAGE@$DIGEST" | tail -n 1 | jq -r .payload | base64 -d | jq .predicate > passed.json'
        }
        script {
          def passed = readJSON(file: 'passed.json')
          env.AUTHOR = passed.author
{{- if .Hotfix}}
          if (params.HOTFIX && !passed.hotfix) { error('This digest is of no hotfix branch.') }
{{- end}}
        }
{{- end}}
      }
    }
{{- range .Stages}}
    stage('rollback of {{.Name}}') {
      when { expression { params.ROLLBACK } }
      steps {
        withEnv(["AS_ACCOUNT={{.Account}}"]) {
{{- if .Canary}}
          sh 'sh delivery/scripts/as.sh {{.Cluster}} delivery/scripts/canary.sh {{.Name}} "$SERVICE" "$IMAGE" "" 0'
{{- end}}
          sh 'sh delivery/scripts/as.sh {{.Cluster}} delivery/scripts/rollback.sh {{.Folder}} {{.Name}} {{.Workload}} "$IMAGE"'
        }
      }
    }
    stage('window of {{.Name}}') {
      when { expression { !params.ROLLBACK{{if $.Hotfix}} && !params.HOTFIX{{end}} } }
      steps { sh 'sh delivery/scripts/window.sh delivery/windows/{{.Name}}' }
    }
{{- if .Groups}}
    stage('approval for {{.Name}}') {
      when { expression { !params.ROLLBACK } }
      steps {
        script {
          def groups = {{quote .Groups}}
          def count = {{.Count}}
{{- if $.Hotfix}}
          if (params.HOTFIX) { groups = {{quote $.HotfixGroups}}; count = {{$.HotfixCount}} }
{{- end}}
          def said = []
          while (said.size() < count) {
            def who = input(id: "yes${said.size()}", message: "${env.SERVICE} ${params.DIGEST} into {{.Name}} for ${params.CHANGE}?", submitter: groups, submitterParameter: 'who')
            if (who == env.AUTHOR) { error('Nobody approves a change of their own.') }
            if (said.contains(who)) { error("${who} has said yes already; somebody else must.") }
            said << who
          }
          env.APPROVERS = said.join(',')
        }
      }
    }
{{- end}}
    stage('into {{.Name}}') {
      when { expression { !params.ROLLBACK } }
      steps {
        withEnv(["AS_ACCOUNT={{.Account}}"]) {
          // The yes may have come late.
          {{if $.Hotfix}}script { if (!params.HOTFIX) { sh 'sh delivery/scripts/window.sh delivery/windows/{{.Name}}' } }{{else}}sh 'sh delivery/scripts/window.sh delivery/windows/{{.Name}}'{{end}}
{{- $s := .}}
{{- range .Canary}}
          sh 'sh delivery/scripts/as.sh {{$s.Cluster}} delivery/scripts/canary.sh {{$s.Name}} "$SERVICE" "$IMAGE" "$DIGEST" {{.}}'
          sleep {{$s.Bake}}
{{- if $s.SLO}}
          sh 'sh delivery/scripts/gate.sh {{$s.SLO}} {{$s.Most}} {{$s.NoData}}'
{{- end}}
{{- end}}
          sh 'sh delivery/scripts/as.sh {{.Cluster}} delivery/scripts/deploy.sh {{.Folder}} {{.Name}} {{.Workload}} "$IMAGE" "$DIGEST"'
{{- if .Canary}}
          sh 'sh delivery/scripts/as.sh {{.Cluster}} delivery/scripts/canary.sh {{.Name}} "$SERVICE" "$IMAGE" "$DIGEST" 0'
{{- end}}
{{- if .SLO}}
          sleep {{if .Bake}}{{.Bake}}{{else}}60{{end}}
          sh 'sh delivery/scripts/gate.sh {{.SLO}} {{.Most}} {{.NoData}}'
{{- end}}
{{- if .Route}}
          retry(10) { sleep 6; sh 'curl -fsS --max-time 5 {{.Route}}' }
{{- end}}
        }
      }
      post {
        unsuccessful {
          withEnv(["AS_ACCOUNT={{.Account}}"]) {
{{- if .Canary}}
            sh 'sh delivery/scripts/as.sh {{.Cluster}} delivery/scripts/canary.sh {{.Name}} "$SERVICE" "$IMAGE" "$DIGEST" 0'
{{- end}}
            // Only when the stable set was reached: the note on the workload says so.
            sh 'sh delivery/scripts/as.sh {{.Cluster}} delivery/scripts/rollback.sh {{.Folder}} {{.Name}} {{.Workload}} "$IMAGE" "$DIGEST"'
          }
        }
      }
    }
{{- end}}
  }
  post {
    success { withEnv(["TEXT=${env.SERVICE} ${params.DIGEST} is in production, said ${env.APPROVERS}: ${env.BUILD_URL}"]) { sh 'sh delivery/scripts/say.sh "$CHANNEL" "$TEXT"' } }
    failure { withEnv(["TEXT=${env.SERVICE} did not get into production: ${env.BUILD_URL}"]) { sh 'sh delivery/scripts/say.sh "$CHANNEL" "$TEXT"' } }
    cleanup { deleteDir() }
  }
}
