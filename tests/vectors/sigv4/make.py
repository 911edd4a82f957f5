#!/usr/bin/python3
"""make.py - makes the vectors of sigv4, and holds a signer against them.
SPDX-License-Identifier: ISC

usage: make.py write             writes CASE/{request.txt,canonical-request,
                                 string-to-sign,signature,authorization}
       make.py random N SEED     N random requests through all signers
Environment: SIGN, the program to be held against them (tests/tools/aws-sign).

Two signers that are none of ours must agree first: botocore (Debian's
python3-botocore) and aws4 (npm, tests/node_modules).  The signatures of random
requests are also made by OpenSSL's own HMAC(), called step by step.
"""
import base64
import ctypes
import ctypes.util
import datetime
import json
import os
import random
import subprocess
import sys
import unittest.mock

HERE = os.path.dirname(os.path.abspath(__file__))
JSON = 'application/x-amz-json-1.1'
PUT = 'Kinesis_20131202.PutRecords'
FORM = 'application/x-www-form-urlencoded; charset=utf-8'


def request(**changes):
    """The usual request; keyword arguments say how this one differs."""
    r = {
        'key': 'AKIDWINDOWPIPE', 'token': '',
        'secret': 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
        'region': 'eu-west-1', 'service': 'kinesis',
        'time': '2026-11-23T13:30:00Z', 'method': 'POST', 'path': '/',
        'headers': [['Host', 'kinesis.eu-west-1.amazonaws.com'],
                    ['Content-Type', JSON], ['X-Amz-Target', PUT]],
        'body': b'{"StreamName":"s","Records":[]}',
    }
    r.update(changes)
    return r


def usual_headers(host, *more):
    return [['Host', host], ['Content-Type', JSON], ['X-Amz-Target', PUT],
            *more]


RECORDS = ('{"StreamName":"TumblingWindowEventTimeOutput","Records":['
           '{"Data":"eyJzZW5zb3JfaWQiOjE3fQ==","PartitionKey":"17"},'
           '{"Data":"","PartitionKey":"Zürich 東京 \U0001f321"}]}')

CASES = {
    'put-records': request(body=RECORDS.encode()),
    'session-token': request(token='IQoJb3JpZ2luX2VjE//==' * 20),
    'port-of-its-own': request(headers=usual_headers('127.0.0.1:4567')),
    'port-ipv6': request(headers=usual_headers('[::1]:4567')),
    'empty-body': request(body=b''),
    'unicode-body': request(body='{"k":"naïve — 東京 🌡"}'.encode()),
    'binary-body': request(body=bytes(range(256))),
    'large-body': request(body=b'0123456789' * 500),
    'first-second-of-a-day': request(time='2026-11-24T00:00:00Z'),
    'last-second-of-a-year': request(time='2026-12-31T23:59:59Z'),
    'leap-day': request(time='2028-02-29T08:09:10Z'),
    'path-with-prefix': request(path='/kinesis/eu'),
    'path-encoded': request(path='/a%20b/%E6%9D%B1+c'),
    'path-dots': request(path='/a/./b/../c//d/'),
    'header-blanks': request(headers=usual_headers(
        'localhost', ['X-Amz-Note', '  a   b \t c  '])),
    'header-case-and-order': request(headers=[
        ['x-amz-target', PUT], ['X-AMZ-B', '2'], ['host', 'localhost'],
        ['x-amz-a', '1'], ['content-type', JSON]]),
    'header-common-prefix': request(headers=usual_headers(
        'localhost', ['X-Amz-Target-2', 'b'], ['X-Amz', 'a'])),
    'sts-assume-role': request(
        service='sts', region='us-east-1',
        headers=[['Host', 'sts.us-east-1.amazonaws.com'],
                 ['Content-Type', FORM]],
        body=b'Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam'
             b'%3A%3A123456789012%3Arole%2Fr&RoleSessionName=windowpipe'),
    'get': request(method='GET', body=b'', headers=[['Host', 'localhost']]),
    'china': request(region='cn-north-1', headers=usual_headers(
        'kinesis.cn-north-1.amazonaws.com.cn')),
    'key-with-slashes': request(secret='/+/+/+' * 7, key='ASIA/odd+key'),
}


def date_of(r):
    return r['time'].replace('-', '').replace(':', '')


def by_botocore(r):
    import botocore.auth
    import botocore.awsrequest
    import botocore.credentials

    when = datetime.datetime.strptime(r['time'], '%Y-%m-%dT%H:%M:%SZ')
    host = next(v for k, v in r['headers'] if k.lower() == 'host')
    asked = botocore.awsrequest.AWSRequest(
        method=r['method'], url='http://' + host + r['path'],
        headers=dict(r['headers']), data=r['body'])
    who = botocore.credentials.Credentials(r['key'], r['secret'],
                                           r['token'] or None)
    signer = botocore.auth.SigV4Auth(who, r['service'], r['region'])
    seen = {}

    def remember(name):
        method = getattr(signer, name)

        def wrapped(*args, **kwargs):
            seen[name] = method(*args, **kwargs)
            return seen[name]
        setattr(signer, name, wrapped)

    remember('canonical_request')
    remember('string_to_sign')
    remember('signature')
    with unittest.mock.patch('botocore.auth.datetime') as fake:
        fake.datetime.utcnow.return_value = when
        signer.add_auth(asked)
    return {'canonical': seen['canonical_request'],
            'to_sign': seen['string_to_sign'],
            'signature': seen['signature'],
            'authorization': asked.headers['Authorization']}


def hmac_of(crypto, key, text):
    out = ctypes.create_string_buffer(32)
    data = text.encode()
    crypto.HMAC.restype = ctypes.c_void_p
    crypto.EVP_sha256.restype = ctypes.c_void_p
    if not crypto.HMAC(ctypes.c_void_p(crypto.EVP_sha256()), key, len(key),
                       data, ctypes.c_size_t(len(data)), out, None):
        sys.exit('HMAC() of OpenSSL failed')
    return out.raw


def signature_by_openssl(r, to_sign):
    """Four HMACs make the key of the day, the fifth signs with it."""
    crypto = ctypes.CDLL(ctypes.util.find_library('crypto'))
    key = ('AWS4' + r['secret']).encode()
    for text in (date_of(r)[:8], r['region'], r['service'], 'aws4_request'):
        key = hmac_of(crypto, key, text)
    return hmac_of(crypto, key, to_sign).hex()


def lines_of(command, text):
    done = subprocess.run(command, input=text.encode(), check=True,
                          stdout=subprocess.PIPE)
    return [json.loads(x) for x in done.stdout.decode().split('\n') if x]


def by_aws4(requests):
    text = ''.join(json.dumps(dict(
        r, date=date_of(r), body=base64.b64encode(r['body']).decode(),
    )) + '\n' for r in requests)
    return lines_of(['node', os.path.join(HERE, 'aws4.js')], text)


def request_text(r):
    """The request as aws-sign reads it; the body as text where it is one."""
    lines = ['access-key-id ' + r['key'], 'secret ' + r['secret']]
    if r['token']:
        lines.append('token ' + r['token'])
    lines += [f'{k} {r[k]}' for k in
              ('region', 'service', 'time', 'method', 'path')]
    lines += [f'header {k}: {v}' for k, v in r['headers']]
    try:
        body = r['body'].decode()
        assert body.isprintable()
        lines.append('body ' + body)
    except (UnicodeDecodeError, AssertionError):
        lines.append('body-hex ' + r['body'].hex())
    return '\n'.join(lines) + '\n\n'


def by_ours(requests):
    return lines_of([os.environ['SIGN']],
                    ''.join(request_text(r) for r in requests))


def agree(name, one, other, who):
    for stage in ('canonical', 'to_sign', 'signature', 'authorization'):
        if one[stage] != other[stage]:
            sys.exit(f'{name}: {who} differ in {stage}:\n'
                     f'{one[stage]}\n-- and --\n{other[stage]}')


def write():
    for (name, r), second in zip(CASES.items(), by_aws4(CASES.values())):
        first = by_botocore(r)
        agree(name, first, second, 'botocore and aws4')
        folder = os.path.join(HERE, name)
        os.makedirs(folder, exist_ok=True)
        for file, text in (('request.txt', request_text(r)),
                           ('canonical-request', first['canonical']),
                           ('string-to-sign', first['to_sign']),
                           ('signature', first['signature']),
                           ('authorization', first['authorization'])):
            with open(os.path.join(folder, file), 'w', newline='') as f:
                f.write(text)
    print(len(CASES), 'cases')


def text_of(rng, most):
    alphabet = ('abcXYZ019 ~!@#$%^&*()_+-={}[]|:;"<>,.?/\\'
                'äßéñ東京Ωж\U0001f321\U0001f600')
    return ''.join(rng.choice(alphabet) for _ in range(rng.randrange(most)))


def random_request(rng):
    def pick(letters, low, high):
        return ''.join(rng.choice(letters)
                       for _ in range(rng.randrange(low, high)))
    letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'
    host = rng.choice(['localhost', '127.0.0.1', '[::1]',
                       'kinesis.eu-west-1.amazonaws.com'])
    if rng.random() < 0.5:
        host += ':%d' % rng.randrange(1024, 65536)
    headers = usual_headers(host)
    for i in range(rng.randrange(4)):
        value = ''.join(rng.choice(' \tab,;=/"\'') for _ in range(12))
        headers.append([f'X-Amz-{pick(letters, 1, 8)}-{i}', 'v' + value])
    rng.shuffle(headers)
    day = datetime.datetime(2000, 1, 1) + datetime.timedelta(
        seconds=rng.randrange(99 * 365 * 86400))
    body = text_of(rng, 400).encode() if rng.random() < 0.8 \
        else rng.randbytes(rng.randrange(3000))
    path = '/' + rng.choice(['', 'a', 'a/b', 'a%20b', 'x//y/', './z', '~u/%C3',
                             'a/../b', '../c', 'a=b&c', "q'(1)*"])
    return request(
        key=pick(letters, 16, 40), secret=pick(letters + '/+', 20, 80),
        token=pick(letters + '/+=', 1, 900) if rng.random() < 0.5 else '',
        region=rng.choice(['eu-west-1', 'us-gov-west-1', 'cn-north-1', 'x']),
        service=rng.choice(['kinesis', 'sts']),
        time=day.strftime('%Y-%m-%dT%H:%M:%SZ'), path=path, headers=headers,
        body=body)


def compare_random(count, seed):
    rng = random.Random(seed)
    requests = [random_request(rng) for _ in range(count)]
    ours, aws4 = by_ours(requests), by_aws4(requests)
    for i, r in enumerate(requests):
        name = f'seed {seed}, request {i} {r["path"]}'
        agree(name, by_botocore(r), ours[i], 'botocore and ours')
        agree(name, aws4[i], ours[i], 'aws4 and ours')
        if signature_by_openssl(r, aws4[i]['to_sign']) != ours[i]['signature']:
            sys.exit(f"{name}: OpenSSL's HMAC and ours differ")
    print(count, 'requests agree')


if __name__ == '__main__':
    if sys.argv[1:] == ['write']:
        write()
    elif len(sys.argv) == 4 and sys.argv[1] == 'random':
        compare_random(int(sys.argv[2]), int(sys.argv[3]))
    else:
        sys.exit(__doc__)
