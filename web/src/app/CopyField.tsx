import { Button, Group, TextInput, VisuallyHidden } from '@mantine/core'
import { IconCheck, IconCopy } from '@tabler/icons-react'
import { useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'

const CONFIRMED_MS = 2500

interface Props {
  value: string
  label: string
  copyLabel: string
  testId?: string
}

/** Something to pass on: shown in full, copied with one press, and said so. */
export function CopyField({ value, label, copyLabel, testId }: Props) {
  const { t } = useTranslation()
  const field = useRef<HTMLInputElement>(null)
  const [copied, setCopied] = useState(false)
  useEffect(() => {
    if (!copied) return
    const timer = setTimeout(() => setCopied(false), CONFIRMED_MS)
    return () => clearTimeout(timer)
  }, [copied])
  const copy = async (button: HTMLButtonElement) => {
    try {
      await navigator.clipboard.writeText(value)
      setCopied(true)
    } catch {
      // Without TLS a browser has no clipboard interface; the old command works there.
      field.current?.select()
      setCopied(document.execCommand('copy'))
      button.focus()
    }
  }
  return (
    <Group wrap="nowrap" gap="xs">
      <TextInput
        ref={field}
        readOnly
        dir="ltr"
        value={value}
        aria-label={label}
        flex={1}
        miw={0}
        data-testid={testId}
        onFocus={(event) => event.currentTarget.select()}
      />
      <Button
        style={{ flexShrink: 0 }}
        leftSection={copied ? <IconCheck size={16} /> : <IconCopy size={16} />}
        onClick={(event) => void copy(event.currentTarget)}
      >
        {copied ? t('copied') : copyLabel}
      </Button>
      <VisuallyHidden role="status">{copied ? t('copied') : ''}</VisuallyHidden>
    </Group>
  )
}
