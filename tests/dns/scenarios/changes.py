"""What happens to names: types that change, sets that grow and shrink, TTLs, the apex, cuts, wildcards, case, IDNA."""

from tests.dns.scenarios.model import Step, scenario

FRAME = "@ 3600 NS ns1.provider.example.\n@ 3600 NS ns2.provider.example.\n"
SOA = "@ 3600 SOA ns1.provider.example. hostmaster.shop.example. 1 7200 900 1209600 300\n"

CHANGES = [
    scenario("an empty zone", "", "a A 192.0.2.1\n", ""),
    scenario("apex A", "@ A 192.0.2.1\n", "@ A 192.0.2.2\n", "@ A 192.0.2.2\n@ AAAA 2001:db8::1\n", ""),
    scenario(
        "apex with all that stands there",
        '@ A 192.0.2.1\n@ MX 5 m\n@ TXT "v=spf1 mx -all"\n@ CAA 0 issue "ca.example"\nm A 192.0.2.3\n',
        "@ A 192.0.2.2\n",
    ),
    scenario("wildcard", "* A 192.0.2.3\nwww A 192.0.2.5\n", "* A 192.0.2.4\nwww A 192.0.2.5\n", "www A 192.0.2.5\n"),
    scenario("wildcard below a name", "*.dev CNAME www\nwww A 192.0.2.1\n", "*.dev A 192.0.2.1\nwww A 192.0.2.1\n"),
    scenario(
        "wildcard and a name that it would cover", "*.dev A 192.0.2.1\na.dev A 192.0.2.2\n", "*.dev A 192.0.2.1\n"
    ),
    scenario("wildcard MX and TXT", '* MX 5 m.other.example.\n* TXT "x"\n', '* MX 6 m.other.example.\n* TXT "y"\n'),
    scenario(
        "many records at one name",
        "w A 192.0.2.1\nw A 192.0.2.2\nw A 192.0.2.3\n",
        "w A 192.0.2.1\n",
        "w A 192.0.2.4\nw A 192.0.2.5\nw A 192.0.2.1\n",
    ),
    scenario(
        "many types at one name",
        "w A 192.0.2.1\nm MX 5 a.other.example.\n",
        "w A 192.0.2.1\nw MX 5 a.other.example.\nw AAAA 2001:db8::1\n",
        'w TXT "x"\nw A 192.0.2.9\n',
    ),
    scenario("one value after the other", *("".join(f"w A 192.0.2.{n}\n" for n in range(1, to)) for to in range(2, 7))),
    scenario(
        "one value less each time", *("".join(f"w A 192.0.2.{n}\n" for n in range(1, to)) for to in range(6, 1, -1))
    ),
    scenario("A to MX and back", "f A 192.0.2.1\n", "f MX 5 m.other.example.\n", "f A 192.0.2.2\n"),
    scenario("A to CNAME and back", "f A 192.0.2.1\n", "f CNAME a.other.example.\n", "f A 192.0.2.2\n"),
    scenario(
        "several sets to one CNAME and back",
        'f A 192.0.2.1\nf AAAA 2001:db8::1\nf TXT "x"\n',
        "f CNAME a.other.example.\n",
        'f TXT "y"\nf A 192.0.2.1\n',
    ),
    scenario(
        "two names swap what they are",
        "a CNAME b\nb A 192.0.2.1\n",
        "b CNAME a\na A 192.0.2.1\n",
        "a CNAME b\nb A 192.0.2.1\n",
    ),
    scenario("two names swap values", "a A 192.0.2.1\nb A 192.0.2.2\n", "a A 192.0.2.2\nb A 192.0.2.1\n"),
    scenario(
        "two CNAMEs swap targets",
        "a CNAME x.other.example.\nb CNAME y.other.example.\n",
        "a CNAME y.other.example.\nb CNAME x.other.example.\n",
    ),
    scenario(
        "a chain of CNAMEs turns round",
        "a CNAME b\nb CNAME c\nc A 192.0.2.1\n",
        "c CNAME b\nb CNAME a\na A 192.0.2.1\n",
    ),
    scenario("CNAME to TXT", "_acme-challenge CNAME x.other.example.\n", '_acme-challenge TXT "token"\n'),
    scenario("TXT to CNAME", '_dmarc TXT "v=DMARC1; p=none"\n', "_dmarc CNAME d.other.example.\n"),
    scenario("a name becomes a delegation", "e A 192.0.2.1\n", "e NS ns.other.example.\n", "e A 192.0.2.1\n"),
    scenario(
        "names below become a delegation",
        "a.e A 192.0.2.1\nb.e A 192.0.2.2\n",
        "e NS ns.e\nns.e A 192.0.2.3\n",
        "a.e A 192.0.2.1\n",
    ),
    scenario(
        "a CNAME becomes a delegation",
        "e CNAME x.other.example.\n",
        "e NS ns.other.example.\n",
        "e CNAME x.other.example.\n",
    ),
    scenario("a delegation within a delegation goes", "e NS ns.other.example.\n", "d.e NS ns.other.example.\n"),
    scenario(
        "a name becomes a DNAME",
        "e A 192.0.2.1\na.e A 192.0.2.2\n",
        "e DNAME x.other.example.\n",
        "e A 192.0.2.1\na.e A 192.0.2.2\n",
    ),
    scenario(
        "a CNAME becomes a DNAME",
        "e CNAME x.other.example.\n",
        "e DNAME x.other.example.\n",
        "e CNAME x.other.example.\n",
    ),
    scenario(
        "empty non-terminals come and go",
        "a.b.c.d A 192.0.2.1\n",
        "a.b.c.d A 192.0.2.1\nb.c.d A 192.0.2.2\n",
        "c.d A 192.0.2.3\n",
    ),
    scenario("TTL of one record", "t 333 A 192.0.2.1\n", "t 999 A 192.0.2.1\n"),
    scenario("TTL of a set", "t 600 A 192.0.2.1\nt 600 A 192.0.2.2\n", "t 900 A 192.0.2.1\nt 900 A 192.0.2.2\n"),
    scenario(
        "TTL of one type of several at a name",
        't 600 A 192.0.2.1\nt 600 TXT "x"\n',
        't 900 A 192.0.2.1\nt 600 TXT "x"\n',
    ),
    scenario("TTL and value together", "t 600 A 192.0.2.1\n", "t 900 A 192.0.2.2\n"),
    scenario(
        "a value joins, and the set gets another TTL",
        "t 400 A 192.0.2.1\n",
        "t 700 A 192.0.2.1\nt 700 A 192.0.2.2\n",
        "t 400 A 192.0.2.2\n",
    ),
    scenario("TTL of a CNAME", "t 600 CNAME a.other.example.\n", "t 60 CNAME a.other.example.\n"),
    scenario(
        "TTL of a delegation and its glue",
        "e 600 NS ns.e\nns.e 600 A 192.0.2.1\n",
        "e 900 NS ns.e\nns.e 60 A 192.0.2.1\n",
    ),
    scenario(
        "TTLs that a backend may round",
        "t 1 A 192.0.2.1\nu 2147483647 A 192.0.2.2\n",
        "t 0 A 192.0.2.1\n",
        not_on="namecheap",
    ),
    scenario(
        "upper case in names",
        "BAR MX 5 A.Other.Example.\n",
        "bar MX 5 a.other.example.\ndecoy A 192.0.2.1\n",
        "BAR MX 5 A.OTHER.EXAMPLE.\ndecoy A 192.0.2.2\n",
    ),
    scenario("case in texts counts", 'c TXT "Token"\n', 'c TXT "token"\n', 'c TXT "token"\nc TXT "Token"\n'),
    scenario("an international name", "bücher A 192.0.2.1\n", "bücher A 192.0.2.2\n", "中文 A 192.0.2.1\n"),
    scenario(
        "an international target", "a CNAME bücher.other.example.\n", "a CNAME ööö.企业.\n", "ööö CNAME bücher.\n"
    ),
    scenario(
        "an international name as its A-label", "bücher A 192.0.2.1\n", "xn--bcher-kva A 192.0.2.1\nx A 192.0.2.2\n"
    ),
    scenario(
        "underscores",
        "_a._b A 192.0.2.1\n",
        '_dmarc TXT "v=DMARC1; p=none"\nk._domainkey CNAME k.other.example.\n',
        not_on="",
    ),
    scenario("names of digits and of one letter", "1 A 192.0.2.1\n2.3 A 192.0.2.2\n", "x A 192.0.2.1\n1 CNAME x\n"),
    scenario("the longest label", f"{'a' * 63} A 192.0.2.1\n", f"{'a' * 62}b A 192.0.2.1\n", not_on="namecheap"),
    scenario("the longest name", f"{'.'.join(['a' * 59] * 4)} A 192.0.2.1\n", "b A 192.0.2.1\n", not_on="namecheap"),
    scenario(
        "a dot inside a label",
        "a\\.b A 192.0.2.1\na.b A 192.0.2.2\n",
        "a\\.b A 192.0.2.3\na.b A 192.0.2.2\n",
        not_on="namecheap",
    ),
    scenario(
        "odd octets in names",
        "a\\032b A 192.0.2.1\n\\000 A 192.0.2.2\n",
        "a\\032b A 192.0.2.2\n",
        not_on="namecheap",
    ),
    scenario(
        "apex NS",
        FRAME,
        FRAME + "@ 3600 NS ns3.provider.example.\n",
        "@ 3600 NS ns3.provider.example.\n",
        FRAME,
        not_on="namecheap cloudflare",
    ),
    scenario(
        "apex NS and its glue",
        "@ NS ns1\n@ NS ns2\nns1 A 192.0.2.1\nns2 A 192.0.2.2\n",
        "@ NS ns2\nns2 A 192.0.2.3\n",
        FRAME,
        not_on="namecheap cloudflare",
    ),
    scenario("TTL of the apex NS", FRAME, FRAME.replace("3600", "7200"), not_on="namecheap cloudflare"),
    scenario(
        "SOA fields",
        SOA + FRAME,
        SOA.replace("hostmaster", "noc").replace("900", "1800") + FRAME,
        SOA.replace(" 300\n", " 60\n") + FRAME,
        not_on="namecheap cloudflare",
    ),
    scenario("TTL of the SOA", SOA + FRAME, SOA.replace("@ 3600", "@ 900") + FRAME, not_on="namecheap cloudflare"),
    scenario(
        "all at once", "a A 192.0.2.1\nb CNAME a\nc MX 5 a\n", "a CNAME c\nb A 192.0.2.2\nc A 192.0.2.1\nd MX 5 c\n"
    ),
    scenario("the same again", "a A 192.0.2.1\n", "a A 192.0.2.1\n", "a A 192.0.2.1\n"),
    scenario(
        "the same in another order and spelling",
        "a A 192.0.2.1\nb A 192.0.2.2\n",
        "b 5m IN A 192.0.2.2\nA.shop.example. 300 A 192.0.2.1\n",
    ),
    scenario("zone emptied and filled again", "a A 192.0.2.1\nb CNAME a\n", "", "a A 192.0.2.1\nb CNAME a\n"),
    scenario(
        "drift of somebody's hand",
        "a A 192.0.2.1\n",
        Step("a A 192.0.2.1\n", by_hand="evil A 192.0.2.66\n"),
        Step("a A 192.0.2.1\n", by_hand="a A 192.0.2.66\n"),
    ),
    scenario(
        "a CNAME beside other data is refused",
        "a A 192.0.2.1\n",
        Step("a A 192.0.2.1\na CNAME b\n", refused="cname-and-other-data"),
        "a A 192.0.2.2\n",
    ),
    scenario(
        "a name below a DNAME is refused",
        "a A 192.0.2.1\n",
        Step("d DNAME x.\na.d A 192.0.2.1\n", refused="dname-and-descendants"),
        "a A 192.0.2.2\n",
    ),
]
