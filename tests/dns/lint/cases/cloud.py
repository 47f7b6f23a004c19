from tests.dns.lint.cases.case import Case

S3, REGIONAL = "s3.amazonaws.com.", "s3-website.eu-west-1.amazonaws.com."
CASES = [
    Case("cloud-service-ended", "warning api CNAME", "api CNAME a.b.herokussl.com.", "api CNAME a.b.herokudns.com."),
    Case("cloud-service-ended", "warning api CNAME", "api CNAME az1.vo.msecnd.net.", "api CNAME vo.msecnd.net."),
    Case(
        "cloud-name-unproven",
        "info api CNAME",
        "api CNAME shop.azurewebsites.net.",
        'api CNAME shop.azurewebsites.net.\nasuid.api TXT "0123"',
    ),
    Case(
        "cloud-name-unproven",
        "info api CNAME",
        'api CNAME shop.azurewebsites.net.\nasuid TXT "0123"',
        "api CNAME shop-0a1b.westeurope-01.azurewebsites.net.",
    ),
    Case(
        "cloud-name-unproven",
        "info blog CNAME",
        "blog CNAME owner.github.io.",
        'blog CNAME owner.github.io.\n_github-pages-challenge-owner TXT "0123"',
    ),
    Case("cloud-bucket-name", "info cdn CNAME", f"cdn CNAME files.{S3}", f"cdn CNAME cdn.shop.example.{S3}"),
    Case(
        "cloud-bucket-name", "info cdn CNAME", f"cdn CNAME files.{REGIONAL}", f"cdn CNAME cdn.shop.example.{REGIONAL}"
    ),
]
