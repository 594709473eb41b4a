// A stack of so many typed resources, as a yardstick for paddock render:
//
//   npm install cdktf@0.21.0 cdktf-cli@0.21.0 @cdktf/provider-aws@21.22.0 constructs@10
//   echo '{ "language": "typescript", "app": "node app.js" }' > cdktf.json
//   N=3000 npx cdktf synth
//
// It loads the four kinds that it uses. WHOLE=1 loads the whole provider, as
// import { ... } from "@cdktf/provider-aws" does.
const { App, TerraformStack } = require("cdktf");
const kind = (path) => process.env.WHOLE
  ? require("@cdktf/provider-aws")[path.replace(/-(\w)/g, (_, c) => c.toUpperCase())]
  : require("@cdktf/provider-aws/lib/" + path);
const { AwsProvider } = kind("provider");
const { IamRole } = kind("iam-role");
const { SecurityGroup } = kind("security-group");
const { VpcSecurityGroupIngressRule } = kind("vpc-security-group-ingress-rule");
const { CloudwatchLogGroup } = kind("cloudwatch-log-group");

const app = new App();
const stack = new TerraformStack(app, "large");
new AwsProvider(stack, "aws", { region: "ap-south-1", defaultTags: [{ tags: { platform: "large" } }] });
for (let i = 0; i < Number(process.env.N || 3000) / 4; i++) {
  const name = `svc-${i}`, port = 8000 + (i % 1000), tags = { service: name, team: `team-${i % 20}` };
  new IamRole(stack, `role-${i}`, {
    name, path: "/platform/", maxSessionDuration: 3600, tags,
    assumeRolePolicy: JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: { Service: "pods.eks.amazonaws.com" }, Action: ["sts:AssumeRole", "sts:TagSession"] }] }),
  });
  const group = new SecurityGroup(stack, `group-${i}`, { name, description: `Pods of ${name}`, vpcId: "vpc-0123456789abcdef0", tags });
  new VpcSecurityGroupIngressRule(stack, `rule-${i}`, { securityGroupId: group.id, cidrIpv4: "10.0.0.0/8", fromPort: port, toPort: port, ipProtocol: "tcp", description: "callers", tags });
  new CloudwatchLogGroup(stack, `logs-${i}`, { name: `/platform/${name}`, retentionInDays: 30, kmsKeyId: "alias/logs", tags });
}
app.synth();
