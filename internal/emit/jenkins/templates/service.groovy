// Rendered from the platform file: builds {{.Service}} once, and takes its digest
// through {{range $i, $s := .Stages}}{{if $i}}, {{end}}{{$s.Name}}{{end}}. Production has a pipeline of its own on a controller
// of its own, which wants to see what is signed here.{{if .Hotfix}} A branch hotfix/* leaves out
// {{join .HotfixSkip ", "}}, and nothing else.{{end}}
pipeline {
  agent { label '{{.Tier}}' }
  options {
    disableConcurrentBuilds()
    timeout(time: 2, unit: 'HOURS')
    timestamps()
    buildDiscarder(logRotator(numToKeepStr: '100', artifactNumToKeepStr: '20'))
  }
  environment {
    SERVICE = {{quote .Service}}
    IMAGE = {{quote .Image}}
    AWS_REGION = {{quote .Region}}
    SIGNING_KEY = {{quote .Key}}
    CHANNEL = {{quote .Slack}}
    SCRIPTS = 'platform/delivery/scripts'
  }
  stages {
    stage('checkout') {
      steps {
        checkout scm
        dir('platform') { git url: env.PLATFORM_REPOSITORY, branch: env.PLATFORM_BRANCH ?: 'main', credentialsId: 'git-read' }
        script { env.AUTHOR = sh(returnStdout: true, script: 'git log -1 --format=%ae').trim() }
      }
    }
    stage('validate') {
      steps { sh 'paddock check platform/platform.yaml' }
    }
    stage('test') {
      steps { dir({{quote .Directory}}) { sh {{quote .Tests}} } }
      post { always { junit allowEmptyResults: false, testResults: '**/report.xml,**/TEST-*.xml' } }
    }
    stage('analysis') {
      steps {
        dir({{quote .Directory}}) {
          sh {{quote .Analysis}}
          sh 'trivy fs --exit-code 1 --severity HIGH,CRITICAL --ignore-unfixed .'
        }
      }
    }
    stage('image') {
      when { expression { env.BRANCH_NAME ==~ {{quote .Branches}} } }
      steps {
        sh 'aws ecr get-login-password | buildah login --username AWS --password-stdin "${IMAGE%%/*}"'
        // Without a daemon and without root; the same commit gives the same bytes.
        dir({{quote .Directory}}) { sh 'buildah build --timestamp "$(git log -1 --format=%ct)" --label "org.opencontainers.image.revision=$GIT_COMMIT" --tag "$IMAGE:$GIT_COMMIT" .' }
        sh 'syft "containers-storage:$IMAGE:$GIT_COMMIT" -o spdx-json=sbom.spdx.json'
        sh 'grype sbom:sbom.spdx.json --fail-on critical'
        sh 'buildah push --digestfile digest "$IMAGE:$GIT_COMMIT" "docker://$IMAGE:$GIT_COMMIT"'
        script { env.DIGEST = readFile('digest').trim() }
        archiveArtifacts artifacts: 'sbom.spdx.json,digest', fingerprint: true
      }
    }
    stage('sign') {
      when { expression { env.DIGEST } }
      steps {
        sh 'cosign sign --yes --key "$SIGNING_KEY" "$IMAGE@$DIGEST"'
        sh 'cosign attest --yes --key "$SIGNING_KEY" --type spdxjson --predicate sbom.spdx.json "$IMAGE@$DIGEST"'
      }
    }
    stage('scan of the registry') {
      when { expression { env.DIGEST } }
      steps {
        sh 'aws ecr wait image-scan-complete --repository-name "${IMAGE#*/}" --image-id "imageDigest=$DIGEST"'
        sh 'test "$(aws ecr describe-image-scan-findings --repository-name "${IMAGE#*/}" --image-id "imageDigest=$DIGEST" --query "imageScanFindings.findingSeverityCounts.CRITICAL" --output text)" = None'
      }
    }
{{- range .Stages}}
    stage({{quote .Name}}) {
      when {
        beforeInput true
        expression { env.DIGEST && env.BRANCH_NAME ==~ {{quote .Branches}} }
      }
      stages {
{{- if .Groups}}
        stage('approval for {{.Name}}') {
          steps { script { {{template "approval" .}} } }
        }
{{- end}}
        stage('deploy to {{.Name}}') {
          steps {
            sh 'sh "$SCRIPTS/window.sh" platform/delivery/windows/{{.Name}}'
            withEnv(["AS_ACCOUNT={{.Account}}"]) {
              dir('platform') { sh 'sh delivery/scripts/as.sh {{.Cluster}} delivery/scripts/deploy.sh {{.Folder}} {{.Name}} {{.Workload}} "$IMAGE" "$DIGEST"' }
{{- if .Route}}
              retry(10) { sleep 6; sh 'curl -fsS --max-time 5 {{.Route}}' }
{{- end}}
            }
          }
          post {
            failure {
              withEnv(["AS_ACCOUNT={{.Account}}"]) {
                dir('platform') { sh 'sh delivery/scripts/as.sh {{.Cluster}} delivery/scripts/rollback.sh {{.Folder}} {{.Name}} {{.Workload}} "$IMAGE" "$DIGEST"' }
              }
            }
          }
        }
        stage('tests in {{.Name}}') {
          when { expression { fileExists('test/{{.Name}}.sh') } }
          steps { sh 'sh test/{{.Name}}.sh' }
          post {
            failure {
              withEnv(["AS_ACCOUNT={{.Account}}"]) {
                dir('platform') { sh 'sh delivery/scripts/as.sh {{.Cluster}} delivery/scripts/rollback.sh {{.Folder}} {{.Name}} {{.Workload}} "$IMAGE" "$DIGEST"' }
              }
            }
          }
        }
        stage('statement of {{.Name}}') {
          steps {
            writeJSON file: 'passed.json', json: [environment: {{quote .Name}}, commit: env.GIT_COMMIT, author: env.AUTHOR, build: env.BUILD_URL, hotfix: env.BRANCH_NAME.startsWith('hotfix/')]
            sh 'cosign attest --yes --key "$SIGNING_KEY" --type https://paddock.dev/passed/{{.Name}} --predicate passed.json "$IMAGE@$DIGEST"'
          }
        }
      }
    }
{{- end}}
  }
  post {
    success { withEnv(["TEXT=${env.SERVICE} ${env.DIGEST ?: env.GIT_COMMIT} passed: ${env.BUILD_URL}"]) { sh 'sh "$SCRIPTS/say.sh" "$CHANNEL" "$TEXT"' } }
    failure { withEnv(["TEXT=${env.SERVICE} failed and was taken back: ${env.BUILD_URL}"]) { sh 'sh "$SCRIPTS/say.sh" "$CHANNEL" "$TEXT"' } }
    cleanup { deleteDir() }
  }
}
{{- define "approval"}}
              def said = []
              while (said.size() < {{.Count}}) {
                def who = input(id: "yes${said.size()}", message: "${env.SERVICE} into {{.Name}}?", submitter: {{quote .Groups}}, submitterParameter: 'who')
                if (who == env.AUTHOR) { error('Nobody approves a change of their own.') }
                if (said.contains(who)) { error("${who} has said yes already; somebody else must.") }
                said << who
              }
              env.APPROVERS = said.join(',')
            {{end}}
