// Rendered from the platform file: the machines of the tier {{.Tier}}. Runs are serial and
// begin with a look at what would change.
pipeline {
  agent { label '{{.Tier}}' }
  options {
    disableConcurrentBuilds()
    timeout(time: 4, unit: 'HOURS')
    timestamps()
    buildDiscarder(logRotator(numToKeepStr: '200'))
  }
  parameters {
    choice(name: 'ENVIRONMENT', choices: [{{range $i, $e := .Environments}}{{if $i}}, {{end}}{{quote $e}}{{end}}])
    string(name: 'PLAYBOOK', defaultValue: 'base', description: 'Name of a playbook in ansible/playbooks, such as mongodb/patch')
    string(name: 'LIMIT', defaultValue: '', description: 'Only these hosts or groups')
  }
  environment { AWS_REGION = {{quote .Region}} }
  stages {
    stage('lint') {
      steps {
        script {
          if (!(params.PLAYBOOK ==~ /[a-z0-9][a-z0-9_\/-]*/)) { error('PLAYBOOK is no name of a playbook.') }
          if (!(params.LIMIT ==~ /[A-Za-z0-9_.,:&!-]*/)) { error('LIMIT has characters that no host has.') }
        }
        dir('ansible') { sh 'ansible-lint --profile production --offline' }
      }
    }
    stage('what would change') {
      steps { dir('ansible') { sh 'ansible-playbook -i "inventory/$ENVIRONMENT" "playbooks/$PLAYBOOK.yml" --limit "${LIMIT:-all}" --check --diff' } }
    }
{{- if .Groups}}
    stage('approval') {
      steps {
        script {
          def said = []
          while (said.size() < {{.Count}}) {
            def who = input(id: "yes${said.size()}", message: "Run ${params.PLAYBOOK} in ${params.ENVIRONMENT}?", submitter: {{quote .Groups}}, submitterParameter: 'who')
            if (said.contains(who)) { error("${who} has said yes already; somebody else must.") }
            said << who
          }
        }
      }
    }
{{- end}}
    stage('run') {
      steps {
        sh 'sh delivery/scripts/window.sh "delivery/windows/$ENVIRONMENT"'
        dir('ansible') { sh 'ansible-playbook -i "inventory/$ENVIRONMENT" "playbooks/$PLAYBOOK.yml" --limit "${LIMIT:-all}" --forks 1' }
      }
    }
  }
  post { cleanup { deleteDir() } }
}
