// Rendered from the platform file: infrastructure of the tier {{.Tier}}. What is applied is
// the plan that was checked and approved, byte for byte; every night a run without
// APPLY says what drifted.
pipeline {
  agent { label '{{.Tier}}' }
  triggers { cron('H 2 * * *') }
  options {
    disableConcurrentBuilds()
    timeout(time: 6, unit: 'HOURS')
    timestamps()
    buildDiscarder(logRotator(numToKeepStr: '200'))
  }
  parameters {
    booleanParam(name: 'APPLY', defaultValue: false, description: 'Apply what is planned, after somebody said yes')
    string(name: 'ONLY', defaultValue: '', description: 'Only these roots, such as {{index .Scopes 0}}/{{.Region}}/20-network; empty for all of the tier')
    string(name: 'CHANGE', defaultValue: '', description: 'Key of the change in the ticket system')
  }
  environment {
    AWS_REGION = {{quote .Region}}
    TF_IN_AUTOMATION = '1'
    TF_INPUT = '0'
    CHANNEL = {{quote .Slack}}
    SCOPES = {{quote (join .Scopes ",")}}
  }
  stages {
    stage('format') { steps { sh 'terraform fmt -check -recursive terraform' } }
    stage('validate') {
      steps {
        sh 'for root in $(jq -r --arg scopes "$SCOPES" ".roots[] | select(.scope as \\$s | \\$scopes | split(\\",\\") | index(\\$s)) | .dir" terraform/roots.json); do (cd "$root" && terraform init -backend=false >/dev/null && terraform validate) || exit 1; done'
        sh 'tflint --recursive --chdir=terraform'
        sh 'checkov --directory terraform --quiet --compact'
      }
    }
    stage('check') { steps { sh 'paddock check platform.yaml' } }
    stage('consequences') {
      when { expression { env.CHANGE_TARGET || params.APPLY } }
      // Says what is destroyed, what opens, and what it costs; it fails when nobody accepted it.
      steps { sh 'paddock plan "origin/main~1:platform.yaml" platform.yaml --cost' }
    }
    stage('plan') {
      steps {
        sh 'paddock apply --aws . --file platform.yaml --plan-only --only "${ONLY:-$SCOPES}" --state apply-state'
        archiveArtifacts artifacts: 'apply-state/*.json', fingerprint: true
      }
    }
    stage('drift') {
      when { triggeredBy 'TimerTrigger' }
      steps {
        sh 'jq -e "[.roots[] | select(.changes > 0) | .dir] | length == 0" apply-state/progress.json || { sh delivery/scripts/say.sh "$CHANNEL" "Infrastructure of {{.Tier}} drifted: $BUILD_URL"; exit 1; }'
      }
    }
{{- if .Groups}}
    stage('approval') {
      when { expression { params.APPLY } }
      steps {
        script {
          if (!(params.CHANGE ==~ /[A-Z][A-Z0-9]+-[0-9]+/)) { error('CHANGE is no key of a ticket.') }
          def author = sh(returnStdout: true, script: 'git log -1 --format=%ae').trim()
          def said = []
          while (said.size() < {{.Count}}) {
            def who = input(id: "yes${said.size()}", message: "Apply the plans of ${env.BUILD_TAG} for ${params.CHANGE}?", submitter: {{quote .Groups}}, submitterParameter: 'who')
            if (who == author) { error('Nobody approves a change of their own.') }
            if (said.contains(who)) { error("${who} has said yes already; somebody else must.") }
            said << who
          }
        }
      }
    }
{{- end}}
    stage('apply') {
      when { expression { params.APPLY } }
      steps { sh 'paddock apply --aws . --file platform.yaml --approve --only "${ONLY:-$SCOPES}" --state apply-state' }
    }
  }
  post {
    failure { withEnv(["TEXT=Infrastructure of {{.Tier}}: ${env.BUILD_URL} failed"]) { sh 'sh delivery/scripts/say.sh "$CHANNEL" "$TEXT"' } }
    cleanup { deleteDir() }
  }
}
