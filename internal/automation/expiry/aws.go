package expiry

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/acm"
	acmtypes "github.com/aws/aws-sdk-go-v2/service/acm/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
)

// AWS is the Cloud that there is.
type AWS struct {
	ACM     *acm.Client
	IAM     *iam.Client
	Secrets *secretsmanager.Client
}

// Things of the account: certificates of the region, keys of all users, secrets.
func (a *AWS) Things(ctx context.Context) ([]Thing, error) {
	var all []Thing
	certificates := acm.NewListCertificatesPaginator(a.ACM, &acm.ListCertificatesInput{
		// Without them only certificates with RSA keys of 1024 and 2048 bits are
		// listed.
		Includes: &acmtypes.Filters{KeyTypes: acmtypes.KeyAlgorithm("").Values()},
	})
	for certificates.HasMorePages() {
		page, err := certificates.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("list certificates: %w", err)
		}
		for _, c := range page.CertificateSummaryList {
			all = append(all, Thing{Kind: Certificate, Name: aws.ToString(c.DomainName), Ends: aws.ToTime(c.NotAfter), Renewed: c.Type == acmtypes.CertificateTypeAmazonIssued})
		}
	}
	keys, err := a.keys(ctx)
	if err != nil {
		return nil, err
	}
	all = append(all, keys...)
	secrets := secretsmanager.NewListSecretsPaginator(a.Secrets, &secretsmanager.ListSecretsInput{})
	for secrets.HasMorePages() {
		page, err := secrets.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("list secrets: %w", err)
		}
		for _, s := range page.SecretList {
			since := aws.ToTime(s.CreatedDate)
			if s.LastChangedDate != nil && s.LastChangedDate.After(since) {
				since = *s.LastChangedDate
			}
			if s.LastRotatedDate != nil && s.LastRotatedDate.After(since) {
				since = *s.LastRotatedDate
			}
			all = append(all, Thing{Kind: Secret, Name: aws.ToString(s.Name), Since: since, Renewed: aws.ToBool(s.RotationEnabled)})
		}
	}
	return all, nil
}

// keys of all users, with when each was last used.
func (a *AWS) keys(ctx context.Context) ([]Thing, error) {
	var all []Thing
	users := iam.NewListUsersPaginator(a.IAM, &iam.ListUsersInput{})
	for users.HasMorePages() {
		page, err := users.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("list users: %w", err)
		}
		for _, u := range page.Users {
			keys := iam.NewListAccessKeysPaginator(a.IAM, &iam.ListAccessKeysInput{UserName: u.UserName})
			for keys.HasMorePages() {
				page, err := keys.NextPage(ctx)
				if err != nil {
					return nil, fmt.Errorf("keys of %s: %w", aws.ToString(u.UserName), err)
				}
				for _, k := range page.AccessKeyMetadata {
					used, err := a.IAM.GetAccessKeyLastUsed(ctx, &iam.GetAccessKeyLastUsedInput{AccessKeyId: k.AccessKeyId})
					if err != nil {
						return nil, fmt.Errorf("key of %s: %w", aws.ToString(u.UserName), err)
					}
					t := Thing{Kind: AccessKey, Name: aws.ToString(u.UserName) + "/" + aws.ToString(k.AccessKeyId), Since: aws.ToTime(k.CreateDate), Active: k.Status == iamtypes.StatusTypeActive}
					if used.AccessKeyLastUsed != nil {
						t.Used = aws.ToTime(used.AccessKeyLastUsed.LastUsedDate)
					}
					all = append(all, t)
				}
			}
		}
	}
	return all, nil
}
